/**
 * The words of a command line that cannot be read exactly: quotes and expansions, at any depth. Where bash, zsh and dash
 * would take a quote or an end differently it says that it is lost.
 */
import { CONTROL, ENDS_WORD, ESCAPED_IN_DOUBLE, QUOTED } from './shell-words.ts';
import type { Word } from './shell-words.ts';

export interface LooseWord extends Word {
  /** False: a part of `value` is an expansion, as it was written. */
  known: boolean;
}

/** Shells join lines at different stages: a line continued within an operator or an expansion is not taken apart here. */
const CONTINUED = /[$<>&|(`{]\\\n/;
/** Arithmetic without quotes, substitutions and paths: its `<` and `>` compare. Dash redirects there, so no file may be in a variable. */
const ARITHMETIC = /\(\((?![^)]*[<>]\s*[^)\s]*\$)[\w\s+\-*%<>=!&|^~?:,$[\]#]*\)\)/y;
const NAME = /(?:[A-Za-z_]\w*|\d+|[?#$!@*-])/y;

export const newWord = (start: number): LooseWord => ({ kind: 'word', value: '', raw: '', bare: '', start, end: start, known: true });

export abstract class LooseWords {
  protected readonly text: string;
  protected at = 0;
  lost: string | null = null;

  constructor(text: string) {
    this.text = text;
    if (CONTROL.test(text)) this.lose('a control character');
    if (CONTINUED.test(text)) this.lose('a line continued within an expansion');
  }

  /** Reads commands up to the closing character, or to the end. */
  abstract commands(closer: ')' | '}' | null): void;

  /** Reads a text by itself, one level deeper. */
  protected abstract inner(text: string, read: (scanner: LooseWords) => void): void;

  /** A text in which nothing but expansions is special. */
  expansions(): void {
    if (this.text.includes('\\\n')) this.lose('a continued line in a here-document');
    const word = newWord(0);
    while (this.lost === null && this.at < this.text.length) {
      if (this.char === '\\') this.at += 2;
      else if (this.char === '$') this.dollar(word, true);
      else if (this.char === '`') this.backquote(word, true);
      else this.at += 1;
    }
  }

  protected word(): LooseWord {
    const word = newWord(this.at);
    while (this.lost === null && this.at < this.text.length && !ENDS_WORD.has(this.char)) this.piece(word);
    word.end = this.at;
    word.raw = this.text.slice(word.start, word.end);
    return word;
  }

  private piece(word: LooseWord): void {
    const char = this.char;
    if (char === "'") this.quoted(word, this.text.indexOf("'", this.at + 1));
    else if (char === '"') this.double(word);
    else if (char === '$') this.dollar(word, false);
    else if (char === '`') this.backquote(word, false);
    else if (char === '\\') {
      const next = this.text.charAt(this.at + 1);
      if (next === '') return this.lose('a backslash at the end');
      this.at += 2;
      if (next !== '\n') this.take(word, next, QUOTED);
    } else {
      this.at += 1;
      this.take(word, char, char);
    }
  }

  private quoted(word: LooseWord, close: number): void {
    if (close < 0) return this.lose('an unclosed quote');
    this.take(word, this.text.slice(this.at + 1, close), QUOTED);
    this.at = close + 1;
  }

  private double(word: LooseWord): void {
    this.at += 1;
    word.bare += QUOTED;
    while (this.lost === null) {
      if (this.at >= this.text.length) return this.lose('an unclosed quote');
      const char = this.char;
      const next = this.text.charAt(this.at + 1);
      if (char === '$') this.dollar(word, true);
      else if (char === '`') this.backquote(word, true);
      else if (char === '\\' && (next === '\n' || ESCAPED_IN_DOUBLE.has(next))) {
        this.at += 2;
        word.value += next === '\n' ? '' : next;
      } else {
        this.at += 1;
        if (char === '"') return;
        word.value += char;
      }
    }
  }

  protected dollar(word: LooseWord, inQuotes: boolean): void {
    const start = this.at;
    const next = this.text.charAt(start + 1);
    this.at += 1;
    if (next === '(' && this.text.charAt(start + 2) === '(') this.arithmetic();
    else if (next === '(') {
      this.at += 1;
      this.commands(')');
    } else if (next === '{') this.braces(inQuotes);
    else if (next === "'" && !inQuotes) this.ansi();
    else if (next === '[') this.lose('old arithmetic');
    else if (next === '"' && !inQuotes) word.known = false;
    else {
      NAME.lastIndex = this.at;
      const name = NAME.exec(this.text)?.[0];
      if (name === undefined) return this.take(word, '$', QUOTED);
      this.at += name.length;
    }
    word.known = false;
    this.take(word, this.text.slice(start, this.at), QUOTED);
  }

  /** `${…}`; with a blank or a bar after the brace it runs commands. */
  private braces(inQuotes: boolean): void {
    this.at += 1;
    if (/[\s|]/.test(this.char)) {
      this.at += 1;
      return this.commands('}');
    }
    const ignored = newWord(this.at);
    while (this.lost === null) {
      if (this.at >= this.text.length) return this.lose('an unclosed expansion');
      const char = this.char;
      if (char === '}') break;
      if ((char === "'" || char === '"') && inQuotes) this.lose('quotes within an expansion within quotes');
      else if (/^[<>]\(/.test(this.text.slice(this.at, this.at + 2))) this.lose('a process within an expansion');
      else if (char === '\\') this.at += 2;
      else this.piece(ignored);
    }
    this.at += 1;
  }

  private ansi(): void {
    const close = this.text.indexOf("'", this.at + 1);
    const body = this.text.slice(this.at + 1, close < 0 ? undefined : close);
    if (close < 0 || body.endsWith('\\')) return this.lose('an escaped quote');
    this.at = close + 1;
  }

  protected backquote(word: LooseWord, inQuotes: boolean): void {
    const start = this.at;
    this.at += 1;
    while (this.at < this.text.length && this.char !== '`') this.at += this.char === '\\' ? 2 : 1;
    if (this.at >= this.text.length) return this.lose('an unclosed substitution');
    const script = this.text.slice(start + 1, this.at);
    this.at += 1;
    if (inQuotes && script.includes('\\"')) return this.lose('escaped quotes within a substitution within quotes');
    this.inner(script.replaceAll(/\\([`\\$])/g, '$1'), (scanner) => scanner.commands(null));
    word.known = false;
    this.take(word, this.text.slice(start, this.at), QUOTED);
  }

  /** Quotes do not quote in it, so what is not simple is not taken apart. */
  protected arithmetic(): true {
    ARITHMETIC.lastIndex = this.at;
    const found = ARITHMETIC.exec(this.text)?.[0];
    if (found === undefined) this.lose('arithmetic with more than numbers and names');
    this.at += found?.length ?? 0;
    return true;
  }

  private take(word: LooseWord, value: string, bare: string): void {
    word.value += value;
    word.bare += bare;
  }

  protected skipBlank(): void {
    const blank = /(?:[ \t]|\\\n)*(?:#[^\n]*)?/y;
    blank.lastIndex = this.at;
    this.at += blank.exec(this.text)?.[0].length ?? 0;
  }

  protected get char(): string {
    return this.text.charAt(this.at);
  }

  protected lose(why: string): void {
    this.lost ??= why;
  }
}
