/** Ends of names of what nobody should read, in lower case and without what separates words. */
const ENDINGS =
  /(passwords?|passwd|passphrase|pwd|secrets?|token|authorization|apikeys?|privatekey|secretkey|accesskey|credentials?|cookie)$/
/** Names that mean it only by themselves. */
const NAMES = new Set([
  'pin',
  'cvv',
  'cvv2',
  'cvc',
  'cvc2',
  'csc',
  'pan',
  'cardnumber',
  'cardno',
  'cardnum',
  'ccnumber',
  'ccnum',
  'creditcard',
  'creditcardnumber',
  'debitcard',
  'debitcardnumber',
  'securitycode',
])

const MAX_REMEMBERED = 10_000
const remembered = new Map<string, boolean>()

/** Whether what is kept under this key is to be hidden, unless a task says otherwise. */
export function isSensitiveKey(key: string): boolean {
  let isSensitive = remembered.get(key)
  if (isSensitive === undefined) {
    const word = key.replaceAll(/[-_.\s]/g, '').toLowerCase()
    isSensitive = NAMES.has(word) || ENDINGS.test(word)
    if (remembered.size < MAX_REMEMBERED && key.length < 100) remembered.set(key, isSensitive)
  }
  return isSensitive
}
