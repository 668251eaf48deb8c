/** What the demo's scripted model writes: a first, wrong fix, and the right one for each task of examples/tinyslug. */

const DOC = '/** Turns a title into the part of an address that names it: `Hello, World!` is `hello-world`. */\n';
const BEGUN = "  return title.toLowerCase().replace(' ', '-');\n";
const WRONG = "  return title.toLowerCase().replaceAll(' ', '-');\n";
const ASCII = "  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');\n";

const UNICODE = `const LETTERS = { ß: 'ss', æ: 'ae', ø: 'o', ł: 'l' };

${DOC}export function slugify(title) {
  const plain = title.toLowerCase().normalize('NFD').replace(/\\p{M}/gu, '').replace(/[ßæøł]/g, (letter) => LETTERS[letter]);
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
`;

const UNWRITTEN = "  throw new Error('not written yet');\n}\n";
const UNIQUE = `  const base = cut(slugify(title) || 'untitled', maxLength);
  for (let n = 2, slug = base; ; n += 1) {
    if (!taken.has(slug)) return slug;
    slug = \`\${cut(base, maxLength - \`-\${n}\`.length)}-\${n}\`;
  }
}

/** At most \`max\` characters, between words where there is a choice. */
function cut(slug, max) {
  if (slug.length <= max || slug[max] === '-') return slug.slice(0, max);
  const dash = slug.lastIndexOf('-', max);
  return slug.slice(0, dash > 0 ? dash : max);
}
`;

export interface Edit {
  old: string;
  new: string;
}

export const EDITS = {
  /** Only every blank: punctuation and runs still fail. */
  asciiWrong: { old: BEGUN, new: WRONG },
  ascii: { old: WRONG, new: ASCII },
  unicode: { old: `${DOC}export function slugify(title) {\n${ASCII}}\n`, new: UNICODE },
  unique: { old: UNWRITTEN, new: UNIQUE },
} satisfies Record<string, Edit>;
