import { describe, expect, test } from '@jest/globals';
import { createRedactor, redactJson, redactText } from '../../src/domain/redaction.ts';
import { seededRandom } from '../support/random.ts';

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
