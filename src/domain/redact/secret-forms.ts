/** The forms in which a known secret turns up in output: as it is, escaped in JSON, URL-encoded, in base64 and in hex. */

/** Shorter ones would blank out ordinary words. */
const MIN_SECRET = 4;
const MIN_ENCODED = 6;
/** A line of a secret that has several (a private key) is a secret of its own from this length on. */
const MIN_LINE = 16;

/** Every form, longest first so that a form inside another never leaves a rest behind. */
export function secretForms(secrets: readonly string[]): string[] {
  const whole = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= MIN_SECRET);
  const lines = whole.flatMap((secret) => secret.split(/\r?\n/)).filter((line) => line.length >= MIN_LINE);
  const forms = new Set([...whole, ...lines].flatMap((secret) => [secret, ...encodings(secret)]));
  return [...forms].sort((a, b) => b.length - a.length);
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const url = encodeURIComponent(secret);
  const forms = [
    JSON.stringify(secret).slice(1, -1),
    url, url.replaceAll('%20', '+'), url.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
    bytes.toString('latin1'), // as the stream is read, byte by byte
    bytes.toString('hex'), bytes.toString('hex').toUpperCase(),
  ];
  return forms.filter((form) => form.length >= MIN_ENCODED);
}

/**
 * What base64 makes of the secret when `offset` bytes of something else come before it in a group of three, without the
 * characters at both ends that also depend on the neighbours. Standard and URL alphabet.
 */
function base64At(bytes: Buffer, offset: number): string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '');
  const first = offset === 0 ? 0 : offset + 1;
  const rest = (offset + bytes.length) % 3;
  const sure = text.slice(first, rest === 0 ? undefined : -1);
  return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
}
