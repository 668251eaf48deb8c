/** Turns a title into the part of an address that names it: `Hello, World!` is `hello-world`. */
export function slugify(title) {
  return title.toLowerCase().replace(' ', '-');
}

/** A slug of at most `maxLength` characters that is not in `taken`. */
export function uniqueSlug(title, taken = new Set(), maxLength = 60) {
  throw new Error('not written yet');
}
