import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useId, useState } from 'react';

import { count, duration, money, when } from '../amounts';
import type { IMessage, ISpanDetail } from '../api';
import { Plain } from '../messages/markdown';
import { MessageView, pretty } from '../messages/message';
import { statusOf } from '../traces/row';
import type { IMessage as ISaid } from './again';
import { FeedbackForm, type Say } from './feedback';

const FEW = 6; // messages that a span read, shown before a button shows them all

interface IProps {
  detail: ISpanDetail;
  registry: IRenderMimeRegistry;
  rendered: boolean;
  trans: TranslationBundle;
  /** A message whole, where the detail has its beginning. */
  onWhole: (hash: string) => Promise<ISaid>;
  onSay: Say;
  onSpan: (trace: string | null, span: string) => void;
}

/** A message as the conventions have it, also where only its text was stored. */
export function saidOf(message: Pick<IMessage, 'role' | 'text' | 'body'>): ISaid {
  return (message.body as ISaid | null) ?? { role: message.role, parts: [{ type: 'text', content: message.text }] };
}

function Said(props: IProps & { message: IMessage }): React.ReactElement {
  const { message, onWhole, registry, rendered, trans } = props;
  const [whole, setWhole] = useState<ISaid | null>(null);
  useEffect(() => setWhole(null), [message.message_hash]);
  return (
    <>
      <MessageView message={whole ?? saidOf(message)} registry={registry} rendered={rendered} trans={trans} />
      {message.is_cut && whole === null && (
        <button
          type="button"
          className="jp-WorkbenchButton"
          onClick={() => void onWhole(message.message_hash).then(setWhole)}
        >
          {trans.__('Show all %1 characters', message.characters.toLocaleString())}
        </button>
      )}
    </>
  );
}

function Messages(props: IProps & { direction: 'input' | 'output'; title: string }): React.ReactElement | null {
  const { detail, direction, title, trans } = props;
  const [all, setAll] = useState(false);
  useEffect(() => setAll(false), [detail.span.span_id]);
  const messages = detail.messages.filter(message => message.direction === direction);
  if (messages.length === 0) {
    return null;
  }
  const missing = direction === 'input' ? detail.input_messages - messages.length : 0;
  const shown = all || messages.length <= FEW ? messages : messages.slice(-FEW);
  return (
    <section>
      <h3>{title}</h3>
      {missing > 0 && <p>{trans._n('%1 earlier message is not shown.', '%1 earlier messages are not shown.', missing)}</p>}
      {shown.length < messages.length && (
        <button type="button" className="jp-WorkbenchButton" onClick={() => setAll(true)}>
          {trans.__('Show %1 earlier messages', messages.length - shown.length)}
        </button>
      )}
      {shown.map(message => (
        <Said key={`${message.position} ${message.message_hash}`} {...props} message={message} />
      ))}
    </section>
  );
}

/** What is known of a span in numbers and words, as names and values. */
export function factsOf(detail: ISpanDetail, now: Date, trans: TranslationBundle): [string, string][] {
  const { span } = detail;
  const number = (name: string) => (typeof span[name] === 'number' ? (span[name] as number) : null);
  const text = (name: string) => (typeof span[name] === 'string' ? (span[name] as string) : '');
  const tokens = (name: string, title: string): [string, string] => [title, number(name) ? count(number(name)) : ''];
  const started = number('started_at');
  const cost = number('cost_usd');
  return (
    [
      [trans.__('Operation'), span.operation],
      [trans.__('Model'), [text('provider'), span.model ?? ''].filter(Boolean).join(' · ')],
      [trans.__('Answered by'), text('response_model') === span.model ? '' : text('response_model')],
      [trans.__('Method'), text('method')],
      [trans.__('Role'), text('role')],
      [trans.__('Tool'), text('tool_name')],
      [trans.__('Began'), started === null ? '' : when(new Date(started), now)],
      [trans.__('Time'), number('duration_ms') === null ? '' : duration(number('duration_ms'))],
      [
        trans.__('First piece after'),
        number('time_to_first_chunk_ms') === null ? '' : duration(number('time_to_first_chunk_ms'))
      ],
      tokens('input_tokens', trans.__('Input tokens')),
      tokens('cache_read_tokens', trans.__('of them cached')),
      tokens('output_tokens', trans.__('Output tokens')),
      tokens('reasoning_tokens', trans.__('of them reasoning')),
      [trans.__('Cost'), cost === null ? text('cost_reason') && trans.__('unknown: %1', text('cost_reason')) : money(cost)],
      [trans.__('Ended with'), text('finish_reason')],
      [trans.__('Conversation'), text('conversation')],
      [trans.__('Notebook'), span.notebook_path ?? span.notebook ?? '']
    ] as [string, string][]
  ).filter(([, value]) => value !== '');
}

function ToolCall(props: { detail: ISpanDetail; trans: TranslationBundle }): React.ReactElement | null {
  const { detail, trans } = props;
  const attributes = detail.span.attributes ?? {};
  const given = attributes['gen_ai.tool.call.arguments'];
  const back = attributes['gen_ai.tool.call.result'];
  if (given === undefined && back === undefined) {
    return null;
  }
  return (
    <section>
      <h3>{trans.__('Arguments')}</h3>
      <Plain text={pretty(given ?? null)} trans={trans} />
      {back !== undefined && (
        <>
          <h3>{trans.__('Result')}</h3>
          <Plain text={pretty(back)} trans={trans} />
        </>
      )}
    </section>
  );
}

/** What a try at the provider came to. */
export function cameTo(attempt: ISpanDetail['attempts'][number], trans: TranslationBundle): string {
  const { status_code, error_type, error_message } = attempt;
  const isAnswered = error_type === null && error_message === null && (status_code ?? 200) < 400;
  return isAnswered ? trans.__('answered') : [status_code, error_type, error_message].filter(Boolean).join(' · ');
}

function Attempts(props: { detail: ISpanDetail; trans: TranslationBundle }): React.ReactElement | null {
  const { detail, trans } = props;
  if (detail.attempts.length < 2 && !detail.attempts.some(attempt => attempt.error_type)) {
    return null;
  }
  return (
    <section>
      <h3>{trans.__('Tries at the provider')}</h3>
      <table className="jp-WorkbenchTable">
        <thead>
          <tr>
            <th scope="col">{trans.__('Try')}</th>
            <th scope="col">{trans.__('Time')}</th>
            <th scope="col">{trans.__('Came to')}</th>
          </tr>
        </thead>
        <tbody>
          {detail.attempts.map(attempt => (
            <tr key={attempt.attempt}>
              <td>{attempt.attempt + 1}</td>
              <td className="jp-mod-number">{duration(attempt.duration_ms)}</td>
              <td>{cameTo(attempt, trans)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** All that is known of a span: facts, what it read and wrote, tries, what people and scorers say, and its JSON. */
export function Detail(props: IProps): React.ReactElement {
  const { detail, trans, onSpan } = props;
  const { span } = detail;
  const title = useId();
  const [raw, setRaw] = useState(false);
  useEffect(() => setRaw(false), [span.span_id]);
  const error = [span.error_type, span.error_message].filter(Boolean).join(': ');
  return (
    <section className="jp-WorkbenchDetail" aria-labelledby={title} tabIndex={0}>
      <h2 id={title}>
        <span className="jp-WorkbenchTraces-status" data-status={span.status} />
        <bdi>{span.name}</bdi> <small>{statusOf(span.status, trans)}</small>
      </h2>
      {error && <pre className="jp-WorkbenchDetail-error">{error}</pre>}
      <FeedbackForm key={span.span_id} detail={detail} onSay={props.onSay} trans={trans} />
      <ToolCall detail={detail} trans={trans} />
      <Messages {...props} direction="input" title={trans.__('What was sent')} />
      <Messages {...props} direction="output" title={trans.__('What came back')} />
      <Attempts detail={detail} trans={trans} />
      <h3>{trans.__('Facts')}</h3>
      <dl className="jp-WorkbenchDetail-facts">
        {factsOf(detail, new Date(), trans).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {detail.scores.length > 0 && (
        <section>
          <h3>{trans.__('Scores')}</h3>
          <ul>
            {detail.scores.map(score => (
              <li key={`${score.program} ${score.scorer}`}>
                <bdi>{score.scorer}</bdi>: {pretty(score.bool ?? score.number ?? score.label ?? score.reason ?? '—')}
              </li>
            ))}
          </ul>
        </section>
      )}
      {detail.links.length > 0 && (
        <section>
          <h3>{trans.__('Linked spans')}</h3>
          <ul>
            {detail.links.map(link => (
              <li key={`${link.direction} ${link.span_id}`}>
                {link.direction === 'reads' ? trans.__('reads') : trans.__('read by')}{' '}
                <button type="button" className="jp-WorkbenchLink" onClick={() => onSpan(link.trace_id, link.span_id)}>
                  {link.name ?? link.span_id}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <button type="button" className="jp-WorkbenchButton" aria-expanded={raw} onClick={() => setRaw(!raw)}>
        {raw ? trans.__('Hide the JSON') : trans.__('Show the JSON')}
      </button>
      {raw && <Plain text={JSON.stringify({ ...detail.span, messages: detail.messages }, null, 2)} trans={trans} />}
    </section>
  );
}
