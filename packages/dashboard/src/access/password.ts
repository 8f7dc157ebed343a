/** Without what is taken for one another when it is read aloud or copied by hand. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'
const GROUPS = 4
const GROUP_LENGTH = 5

/** As the server asks for it. */
export const LEAST_PASSWORD_LENGTH = 12

/** A password nobody has to think of: 100 bits, in groups that can be read out. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_LENGTH))
  // There are 32 letters, so each byte chooses one as likely as any other.
  const letters = Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length])
  return Array.from({ length: GROUPS }, (_, group) =>
    letters.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH).join(''),
  ).join('-')
}
