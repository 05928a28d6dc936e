/** A browser engine with one page. `script` and `find` run in that page and see nothing of the test but their arguments. */
export interface Engine {
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  evaluate<Value>(script: (...args: string[]) => Value, ...args: string[]): Promise<Awaited<Value>>;
  /** Presses the element with the pointer. Throws if the page has none, or if something covers it. */
  click(find: (...args: string[]) => Element | null | undefined, ...args: string[]): Promise<void>;
  /** Types into the element that has the focus. */
  type(text: string): Promise<void>;
  close(): Promise<void>;
}
