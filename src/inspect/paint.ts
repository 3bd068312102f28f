/** What the parts of a trace are, so that whoever shows it can colour them. Each function gives its text back, perhaps coloured. */
export interface Paint {
  readonly heading: (text: string) => string;
  /** What explains, beside what was on the wire. */
  readonly note: (text: string) => string;
  readonly client: (text: string) => string;
  readonly server: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asItIs = (text: string): string => text;

export const PLAIN: Paint = {
  heading: asItIs,
  note: asItIs,
  client: asItIs,
  server: asItIs,
  good: asItIs,
  bad: asItIs,
};
