import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId, useState } from 'react';

import type { IGiven, ISpanDetail } from '../api';

/** Stores what is said of a span; false where that failed, and it was said why. */
export type Say = (given: IGiven) => Promise<boolean>;

interface IProps {
  detail: ISpanDetail;
  onSay: Say;
  trans: TranslationBundle;
}

/** A thumb for each of up and down, a label and a note; what was said before shows, and can be taken back. */
export function FeedbackForm(props: IProps): React.ReactElement {
  const { detail, onSay, trans } = props;
  const { span_id } = detail.span;
  const [text, setText] = useState('');
  const [kind, setKind] = useState<'label' | 'note'>('label');
  const [busy, setBusy] = useState(false);
  const box = useId();
  const thumb = detail.feedback.filter(one => one.name === 'thumbs' && one.bool !== null).at(-1)?.bool ?? null;
  // what was taken back is a row that says nothing
  const said = detail.feedback.filter(
    one => one.name !== 'thumbs' && [one.bool, one.number, one.label, one.comment].some(value => value !== null)
  );

  const say = async (given: Omit<IGiven, 'span_id'>) => {
    setBusy(true);
    const isStored = await onSay({ ...given, span_id } as IGiven);
    setBusy(false);
    return isStored;
  };
  const add = async () => {
    const value = text.trim();
    if (value && (await say(kind === 'label' ? { name: 'label', label: value } : { name: 'note', comment: value }))) {
      setText('');
    }
  };
  return (
    <div className="jp-WorkbenchFeedback" role="group" aria-label={trans.__('What you say of this span')}>
      {([true, false] as const).map(up => (
        <button
          key={String(up)}
          type="button"
          className="jp-WorkbenchButton"
          disabled={busy}
          aria-pressed={thumb === up}
          aria-label={up ? trans.__('Thumbs up') : trans.__('Thumbs down')}
          title={up ? trans.__('Good') : trans.__('Bad')}
          onClick={() => void say(thumb === up ? { name: 'thumbs', clear: true } : { name: 'thumbs', bool: up })}
        >
          <span className="jp-WorkbenchThumb" data-thumb={up ? 'up' : 'down'} />
        </button>
      ))}
      <select
        className="jp-WorkbenchInput"
        aria-label={trans.__('What to add')}
        value={kind}
        onChange={event => setKind(event.target.value as 'label' | 'note')}
      >
        <option value="label">{trans.__('Label')}</option>
        <option value="note">{trans.__('Note')}</option>
      </select>
      <input
        id={box}
        className="jp-WorkbenchInput"
        aria-label={kind === 'label' ? trans.__('The label') : trans.__('The note')}
        placeholder={kind === 'label' ? trans.__('such as off-topic') : trans.__('what you think of it')}
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => event.key === 'Enter' && void add()}
      />
      <button type="button" className="jp-WorkbenchButton" disabled={busy || !text.trim()} onClick={() => void add()}>
        {trans.__('Add')}
      </button>
      {said.length > 0 && (
        <ul className="jp-WorkbenchFeedback-said">
          {said.map(one => (
            <li key={one.feedback_id}>
              <bdi>{one.label ?? one.comment ?? `${one.name} ${one.number ?? one.bool ?? ''}`}</bdi>
              {one.author && <small> {one.author}</small>}
              <button
                type="button"
                className="jp-WorkbenchLink"
                aria-label={trans.__('Take back: %1', one.label ?? one.comment ?? one.name)}
                onClick={() => void say({ name: one.name, label: one.label ?? undefined, clear: true })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
