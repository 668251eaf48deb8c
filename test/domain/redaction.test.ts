import { describe, expect, test } from '@jest/globals';
import { createRedactor, redactJson, redactText } from '../../src/domain/redaction.ts';
import { pick, seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';

const SECRET = 'canary/Zürich "7+x"';
const PEM = '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEow+/IBAAKC=\n-----END RSA PRIVATE KEY-----';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('known looks', () => {
  test.each([
    ['key sk-ant-api03-abcDEF_123-xyz end', 'key [redacted] end'],
    ['ghp_abcdefghijklmnopqrst0123456789ABCDEF', '[redacted]'],
    ['id AKIAIOSFODNN7EXAMPLE.', 'id [redacted].'],
    ['Authorization: Bearer abc.def-ghi_123', 'Authorization: Bearer [redacted]'],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic [redacted]'],
    ['postgres://me:p%40ss!@db/x', 'postgres://me:[redacted]@db/x'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', '[redacted]'],
    [`a ${PEM} b`, 'a [redacted] b'],
    [JSON.stringify({ key: PEM }), '{"key":"[redacted]"}'],
  ])('%s', (text, masked) => {
    expect(redactText(text)).toBe(masked);
  });

  test.each([
    'Bearer authentication is used', 'a task-antelope sk-short', 'https://host:8080/a@b', 'git@github.com:a/b', 'basic training, basic rules',
    '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
  ])('leaves alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe('given secrets', () => {
  const redactor = createRedactor([SECRET, 'abc', 'line-one-of-the-secret\nline-two-of-the-secret']);
  test.each([
    ['as it is', SECRET], ['in JSON', JSON.stringify(SECRET)], ['URL-encoded', encodeURIComponent(SECRET)],
    ['URL-encoded, lower case', encodeURIComponent(SECRET).replaceAll(/%../g, (hex) => hex.toLowerCase())],
    ['in a form', encodeURIComponent(SECRET).replaceAll('%20', '+')], ['hex', Buffer.from(SECRET).toString('hex')],
    ['base64', base64(SECRET)], ['base64 after one byte', base64(`:${SECRET}:`)], ['base64 after two bytes', base64(`a:${SECRET}more`)],
    ['base64url', Buffer.from(`~~${SECRET}~~`).toString('base64url')], ['one line of several', 'line-two-of-the-secret'],
  ])('%s', (_, text) => {
    const masked = redactor.text(`before ${text} after`);
    expect(masked).toContain('[redacted]');
    expect(masked.length).toBeLessThan(`before [redacted] after`.length + 12); // characters shared with the neighbours may stay
  });

  test('one too short to hide is left alone', () => {
    expect(redactor.text('abc def')).toBe('abc def');
  });

  test('JSON values: strings and keys at any depth, everything else as it was', () => {
    expect(redactor.json({ a: [SECRET, 1, null, true], [SECRET]: { b: `x${SECRET}` } })).toEqual({
      a: ['[redacted]', 1, null, true], '[redacted]': { b: 'x[redacted]' },
    });
    expect(redactJson(['ghp_abcdefghijklmnopqrst0123456789'])).toEqual(['[redacted]']);
  });
});

describe('long pieces of given secrets', () => {
  const key = 'Zq7-kanarie_PLANTED.4f9c1e77b2aa/+=tail0199';
  const redactor = createRedactor([key]);
  const halves = [key.slice(0, 20), key.slice(20)];

  test.each([
    ['over two lines', halves.join('\n')], ['over two events', halves.map((text) => JSON.stringify({ event: 'text', text })).join('\n')],
    ['wrapped by base64', base64(`user:${key}${key}`).replaceAll(/.{20}/g, '$&\n')], ['wrapped within JSON', JSON.stringify({ out: base64(`x${key}y`).replaceAll(/.{16}/g, '$&\n') })],
    ['hex in lines', Buffer.from(key).toString('hex').replaceAll(/.{16}/g, '$&\n')], ['the end of it, as a cut tail has', `${key.slice(-14)} and more`], ['the beginning of it', key.slice(0, 13)],
  ])('%s', (_, text) => {
    expect(leftOf(redactor.text(text), key)).toEqual([]);
  });

  test('shorter pieces, and pieces of short secrets, are left alone', () => {
    expect(redactor.text(key.slice(3, 14))).toBe(key.slice(3, 14));
    expect(createRedactor(['development123']).text('development')).toBe('development');
  });

  test('bytes that are no ASCII, read one by one as a stream is', () => {
    const secret = 'schlüssel-für-die-tür-äöü';
    expect(createRedactor([secret]).text(Buffer.from(`<${secret}>`).toString('latin1'))).toBe('<[redacted]>');
  });

  test('random secrets in random JSON: what is left can be read, and holds no piece of them', () => {
    const random = seededRandom(SEED);
    const letters = [...'abcXYZ019+/=-_', '"', '\\', '\n', 'ü', '/'];
    const word = (size: number): string => Array.from({ length: size }, () => pick(random, letters)).join('');
    for (let round = 0; round < scaled(300, 20_000); round += 1) {
      const secret = `k${word(16 + Math.floor(random() * 60))}k`;
      const from = Math.floor(random() * secret.length);
      const pieces = [secret.slice(0, from), secret.slice(from), secret, base64(word(Math.floor(random() * 3)) + secret), encodeURIComponent(secret)];
      const told = Array.from({ length: 4 }, () => `${word(3)}${pick(random, pieces)}${word(3)}`);
      const masked = createRedactor([secret]).text(JSON.stringify({ told }));
      const { told: left } = JSON.parse(masked) as { told: string[] };
      expect({ secret, left: left.flatMap((text) => leftOf(text, secret)) }).toEqual({ secret, left: [] });
    }
  });
});

/** Pieces of the secret, as it is and encoded, of 16 characters without a quote that are still in the text: more than the ends can cost. */
function leftOf(text: string, secret: string): string[] {
  const forms = [secret, base64(secret), base64(`x${secret}`), base64(`xx${secret}`), Buffer.from(secret).toString('hex'), encodeURIComponent(secret)];
  // Ends of base64 depend on what stands beside them.
  const sure = forms.map((form, at) => (at > 0 ? form.slice(4, -4) : form)).flatMap((form) => form.split(/["\\\n]/));
  return sure.flatMap((form) => Array.from({ length: Math.max(0, form.length - 15) }, (_, at) => form.slice(at, at + 16))).filter((piece) => text.includes(piece));
}

describe('streams', () => {
  const secrets = [SECRET, 'multi\nline secret value'];
  const text = `one ${SECRET} two\n${PEM}\nmulti\nline secret value\nBearer abcdef0123456789abcdef\n${'filler '.repeat(30)}sk-ant-abcdefghij\nend ${SECRET}`;

  test('in any cutting the same as in one piece', () => {
    const random = seededRandom(1);
    const expected = createRedactor(secrets).text(text);
    expect(expected).not.toContain('canary');
    for (let round = 0; round < 500; round += 1) {
      const redactor = createRedactor(secrets);
      expect(pieces(text, random).map((piece) => redactor.push(piece)).join('') + redactor.flush()).toBe(expected);
    }
  });

  test('a secret cut anywhere in a line without end never shows', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 60; round += 1) {
      const before = 'x,'.repeat(Math.floor(random() * 4200));
      const whole = `${before}${SECRET},${'y,'.repeat(3000)}sk-ant-abcdefghijklmnop,`;
      const redactor = createRedactor(secrets);
      const masked = pieces(whole, random, 2000).map((piece) => redactor.push(piece)).join('') + redactor.flush();
      expect(masked).toBe(`${before}[redacted],${'y,'.repeat(3000)}[redacted],`);
    }
  });

  test('whole lines come out at once', () => {
    const redactor = createRedactor(secrets);
    expect(redactor.push('{"a":1}\n{"b')).toBe('{"a":1}\n');
    expect(redactor.push('":2}\n')).toBe('{"b":2}\n');
    expect(redactor.flush()).toBe('');
  });

  test('a key that never ends does not swallow the stream', () => {
    const redactor = createRedactor();
    const out = redactor.push(`-----BEGIN PRIVATE KEY-----\n${'A'.repeat(20_000)}\n`) + redactor.push('after!\n') + redactor.flush();
    expect(out).toContain('after!');
    expect(out.length).toBeLessThan(5000);
  });
});

function pieces(text: string, random: () => number, most = 40): string[] {
  const cut: string[] = [];
  for (let at = 0; at < text.length; ) {
    const size = 1 + Math.floor(random() * most);
    cut.push(text.slice(at, at + size));
    at += size;
  }
  return cut;
}
