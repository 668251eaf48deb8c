/**
 * What the scripted model writes in the demo: for each task of examples/tinyslug the whole of src/slug.js, once wrong and once
 * right. A test runs the project's own checks against each.
 */

export interface Fix {
  wrong: string;
  right: string;
}

const UNWRITTEN = `
/** A slug of at most \`maxLength\` characters that is not in \`taken\`. */
export function uniqueSlug(title, taken = new Set(), maxLength = 60) {
  throw new Error('not written yet');
}
`;

const UNICODE = `/** Letters that no normal form takes apart. */
const LETTERS = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };

/** Turns a title into the part of an address that names it: \`Hello, World!\` is \`hello-world\`. */
export function slugify(title) {
  const plain = title.toLowerCase().normalize('NFD').replace(/\\p{Mark}+/gu, '').replace(/[ßæœøłđðþı]/g, (letter) => LETTERS[letter]);
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
`;

export const TINYSLUG_FIXES: Record<'ascii' | 'unicode' | 'unique', Fix> = {
  ascii: {
    wrong: `/** Turns a title into the part of an address that names it: \`Hello, World!\` is \`hello-world\`. */
export function slugify(title) {
  return title.trim().toLowerCase().replace(/\\s+/g, '-');
}
${UNWRITTEN}`,
    right: `/** Turns a title into the part of an address that names it: \`Hello, World!\` is \`hello-world\`. */
export function slugify(title) {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
${UNWRITTEN}`,
  },
  unicode: {
    wrong: `/** Turns a title into the part of an address that names it: \`Hello, World!\` is \`hello-world\`. */
export function slugify(title) {
  const plain = title.normalize('NFD').replace(/\\p{Mark}+/gu, '').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
${UNWRITTEN}`,
    right: `${UNICODE}${UNWRITTEN}`,
  },
  unique: {
    wrong: `${UNICODE}
/** A slug of at most \`maxLength\` characters that is not in \`taken\`. */
export function uniqueSlug(title, taken = new Set(), maxLength = 60) {
  const slug = slugify(title).slice(0, maxLength);
  let unique = slug;
  for (let n = 2; taken.has(unique); n++) unique = \`\${slug}-\${n}\`;
  return unique;
}
`,
    right: `${UNICODE}
/** A slug of at most \`maxLength\` characters that is not in \`taken\`. */
export function uniqueSlug(title, taken = new Set(), maxLength = 60) {
  const slug = slugify(title) || 'untitled';
  for (let n = 1; ; n++) {
    const number = n === 1 ? '' : \`-\${n}\`;
    const candidate = cut(slug, maxLength - number.length) + number;
    if (!taken.has(candidate)) return candidate;
  }
}

/** At most \`length\` characters, cut at a dash where there is one. */
function cut(slug, length) {
  if (slug.length <= length) return slug;
  const dash = slug.lastIndexOf('-', length);
  return slug.slice(0, dash > 0 ? dash : length);
}
`,
  },
};
