/**
 * Finds every command and every redirection in a command line that cannot be read exactly: in substitutions, loops,
 * here-documents, functions, at any depth. Errs to one side: what looks like a redirection is told as one, and where bash,
 * zsh and dash would take a quote or an end differently it says that it is lost.
 */
import { LooseWords, newWord, type LooseWord } from './loose-words.ts';
import { READS, WRITES } from './shell-parts.ts';
import { ENDS_WORD, OPERATORS, QUOTED } from './shell-words.ts';

export type LooseCommand = LooseWord[];

export interface LooseRedirect {
  direction: 'read' | 'write';
  target: LooseWord;
}

export interface Found {
  commands: LooseCommand[];
  redirects: LooseRedirect[];
  /** Here-documents and here-strings. */
  inputs: string[];
}

interface HereDoc {
  delimiter: string;
  literal: boolean;
  stripsTabs: boolean;
}

const MAX_DEPTH = 12;

export class LooseScanner extends LooseWords {
  private readonly found: Found;
  private readonly depth: number;
  private openHereDocs = 0;

  constructor(text: string, found: Found, depth = 0) {
    super(text);
    this.found = found;
    this.depth = depth;
    if (depth > MAX_DEPTH) this.lose('too many levels of substitutions');
  }

  commands(closer: ')' | '}' | null): void {
    let command: LooseCommand = [];
    const hereDocs: HereDoc[] = [];
    const close = (): void => {
      if (command.length > 0) this.found.commands.push(command);
      command = [];
    };
    while (this.lost === null) {
      this.skipBlank();
      if (this.at >= this.text.length) {
        if (closer !== null || hereDocs.length > 0) this.lose('something that is not closed');
        break;
      }
      if (closer === ')' && this.char === ')') {
        this.at += 1;
        if (hereDocs.length > 0) this.lose('a here-document that is not closed');
        break;
      }
      const op = OPERATORS.find((known) => this.text.startsWith(known, this.at));
      if (op === undefined) {
        const word = this.word();
        if (closer === '}' && word.bare === '}') break;
        if (closer !== null && word.value === 'case') this.lose('a case within a substitution');
        if (hereDocs.length > 0 && word.raw.includes('\n')) this.lose('a here-document beside a word of several lines');
        command.push(word);
      } else if (!this.operator(op, command, hereDocs)) {
        close();
        if (op === '\n') this.bodies(hereDocs);
      }
    }
    close();
  }

  /** False: the operator ends a command. */
  private operator(op: string, command: LooseCommand, hereDocs: HereDoc[]): boolean {
    if (op === '((') return this.arithmetic();
    this.at += op.length;
    if (op === '(') {
      this.commands(')');
      return false;
    }
    if (op === '<(' || op === '>(') {
      this.commands(')');
      command.push({ ...newWord(this.at), known: false });
    } else if (op === '<<' || op === '<<-') this.hereDoc(op, hereDocs);
    else if (op === '<<<') this.found.inputs.push(this.target()?.value ?? '');
    else if (WRITES.has(op) || READS.has(op)) this.redirect(op);
    else return false;
    return true;
  }

  private redirect(op: string): void {
    this.skipBlank();
    // `> >(tee log)`: what is inside is looked at, the pipe itself is no file.
    if (/^[<>]\(/.test(this.text.slice(this.at, this.at + 2))) {
      this.at += 2;
      return this.commands(')');
    }
    const target = this.target();
    if (!target || op === '<&') return;
    const toDescriptor = op === '>&' && /^(\d+-?|-)$/.test(target.bare);
    if (!toDescriptor) this.found.redirects.push({ direction: WRITES.has(op) ? 'write' : 'read', target });
  }

  private target(): LooseWord | undefined {
    this.skipBlank();
    if (this.at < this.text.length && !ENDS_WORD.has(this.char)) return this.word();
    this.lose('a redirection without a file');
    return undefined;
  }

  private hereDoc(op: string, hereDocs: HereDoc[]): void {
    const word = this.target();
    if (!word?.known) return this.lose('a here-document with an expansion for its end');
    hereDocs.push({ delimiter: word.value, literal: word.bare.includes(QUOTED), stripsTabs: op === '<<-' });
    this.openHereDocs += 1;
  }

  private bodies(hereDocs: HereDoc[]): void {
    if (this.openHereDocs > hereDocs.length) return this.lose('a here-document begun outside');
    for (const { delimiter, literal, stripsTabs } of hereDocs.splice(0)) {
      const body: string[] = [];
      for (;;) {
        if (this.at >= this.text.length) return this.lose('a here-document that is not closed');
        const line = this.line();
        const told = stripsTabs ? line.replace(/^\t+/, '') : line;
        if (told === delimiter) break;
        body.push(told);
      }
      this.openHereDocs -= 1;
      this.found.inputs.push(body.join('\n'));
      if (!literal) this.inner(body.join('\n'), (scanner) => scanner.expansions());
    }
  }

  private line(): string {
    const end = this.text.indexOf('\n', this.at);
    const line = this.text.slice(this.at, end < 0 ? undefined : end);
    this.at = end < 0 ? this.text.length : end + 1;
    return line;
  }

  protected inner(text: string, read: (scanner: LooseWords) => void): void {
    const scanner = new LooseScanner(text, this.found, this.depth + 1);
    if (scanner.lost === null) read(scanner);
    this.lost ??= scanner.lost;
  }
}
