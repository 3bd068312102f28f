/** A network that the test switches on and off. */
export class SwitchedNetwork extends EventTarget {
  onLine = true;

  set(isOnline: boolean): void {
    if (isOnline === this.onLine) return;
    this.onLine = isOnline;
    this.dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
  }
}
