/** A report is pasted into issues and chats, so it must not contain credentials. */

const HEADERS = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token)$/i;
const PARAMETER = /([?&][^=&]*(?:token|key|auth|jwt|secret|pass|sig|session|ticket)[^=&]*=)[^&\s]+/gi;
const USER = /(\/\/)[^/@\s]*@/;

/** Returns whether the value of a header is a secret, such as a cookie, which a report must not show. */
export function isSecretHeader(name: string): boolean {
  return HEADERS.test(name);
}

/** Returns a URL or a path without user and password, and without the values of parameters that may be credentials. */
export function withoutSecrets(text: string): string {
  return text.replace(USER, '$1').replace(PARAMETER, '$1…');
}
