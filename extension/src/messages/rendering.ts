import { type ISignal, Signal } from '@lumino/signaling';

/** Whether messages are rendered as Markdown, or shown as they were written; what shows them follows a change. */
export class Rendering {
  private readonly changes = new Signal<this, void>(this);
  private on = true;

  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get isOn(): boolean {
    return this.on;
  }

  set isOn(on: boolean) {
    if (on !== this.on) {
      this.on = on;
      this.changes.emit();
    }
  }
}
