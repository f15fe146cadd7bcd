/** What may be the address of an operator's endpoint. */

/** Why a text is none, if it is none. */
export function endpointProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'must be an address such as https://example.com/parley';
  if (![url.username, url.password].every(isDecodable)) return 'has a % in its user that stands for nothing';
  return url.hash === '' ? undefined : 'may not contain a #: what is behind it is not sent';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
