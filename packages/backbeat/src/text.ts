/**
 * Text that every database can store: NUL bytes and lone surrogates become U+FFFD, and what is
 * longer than `maxLength` UTF-16 units is cut, with a mark that says so.
 */
export function storableText(text: string, maxLength: number): string {
  const whole = text.replaceAll('\0', '\ufffd').toWellFormed()
  if (whole.length <= maxLength) return whole
  const mark = ` … (${whole.length - maxLength} more)`
  return `${whole.slice(0, Math.max(0, maxLength - mark.length)).toWellFormed()}${mark}`
}
