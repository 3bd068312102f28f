/** Colors for the parts of a trace. Each function returns its text, with or without color codes around it. */
export interface Paint {
  readonly heading: (text: string) => string;
  /** Explanations, as opposed to what was on the wire. */
  readonly note: (text: string) => string;
  readonly client: (text: string) => string;
  readonly server: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asItIs = (text: string): string => text;

/** No colors. */
export const PLAIN: Paint = {
  heading: asItIs,
  note: asItIs,
  client: asItIs,
  server: asItIs,
  good: asItIs,
  bad: asItIs,
};
