/**
 * The state of the playground in the fragment of its URL, which works from the file system too:
 *
 *     #frames/client/8185 37fa213d…    #handshake/<JSON>    #capture/<base64url>
 */

export interface Place {
  /** Which tab is shown. */
  readonly tab: string;
  /** Its state, as the tab wrote it. */
  readonly state: string;
}

/** Returns the place that the URL names. */
export function currentPlace(): Place {
  const [tab = '', ...state] = location.hash.slice(1).split('/');
  return { tab, state: decode(state.join('/')) };
}

/** Writes a place to the URL, without a new entry in the history. */
export function remember({ tab, state }: Place): void {
  history.replaceState(null, '', `#${tab}${state === '' ? '' : `/${encodeURIComponent(state)}`}`);
}

/** A pasted URL may be cut off within an escape. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
