/** What is fetched when it is first shown: the list of traces, a trace, two traces. */
import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import React from 'react';

import { Boundary } from './boundary';
import { strictRegistry } from './messages/markdown';
import type { Rendering } from './messages/rendering';
import { Comparison } from './trace/comparison';
import { TraceView } from './trace/view';
import { type IPanelProps, TracesPanel } from './traces/panel';

export { Listing } from './traces/listing';
export { filtersFrom } from './traces/filters';

type ITraceViewProps = React.ComponentProps<typeof TraceView>;

export function traceWidget(
  props: Omit<ITraceViewProps, 'registry' | 'rendered'> & { rendermime: IRenderMimeRegistry; rendering: Rendering }
): ReactWidget {
  const { rendermime, rendering, ...rest } = props;
  const registry = strictRegistry(rendermime);
  return ReactWidget.create(
    <Boundary trans={props.trans}>
      <UseSignal signal={rendering.changed}>
        {() => <TraceView {...rest} registry={registry} rendered={rendering.isOn} />}
      </UseSignal>
    </Boundary>
  );
}

export function comparisonWidget(props: React.ComponentProps<typeof Comparison>): ReactWidget {
  return ReactWidget.create(
    <Boundary trans={props.trans}>
      <Comparison {...props} />
    </Boundary>
  );
}

export function tracesPanel(props: IPanelProps): React.ReactElement {
  return (
    <Boundary trans={props.trans}>
      <TracesPanel {...props} />
    </Boundary>
  );
}
