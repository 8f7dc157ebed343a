import { describe, expect, test } from 'vitest'
import { errorFingerprint, normalisedMessage } from './error-fingerprint.ts'

describe('a normalised message', () => {
  test.each([
    ['Row 17 has no price', 'Row # has no price'],
    ['took 1,204.5 ms', 'took # ms'],
    ['No job 019c1234-5678-7abc-8def-0123456789ab', 'No job <id>'],
    ['since 2026-01-31T09:30:00.000Z', 'since <time>'],
    ['GET https://shop.example/feed?x=1 gave 503', 'GET <url> gave #'],
    ['No user ana@example.org', 'No user <address>'],
    [`"a" is not 'b' but \`c\``, `"…" is not '…' but \`…\``],
    ['Its worker web-1.shop:4711:0a1b2c stopped renewing', 'Its worker <worker> stopped renewing'],
    ['commit deadbeef01', 'commit <hex>'],
    ['  two\n lines ', 'two lines'],
    ['The facade decade', 'The facade decade'],
    ['', ''],
  ])('%s', (message, normalised) => {
    expect(normalisedMessage(message)).toBe(normalised)
  })

  test('is found quickly, whatever the message', () => {
    expect(normalisedMessage('a.'.repeat(1_000_000)).length).toBeLessThanOrEqual(300)
    expect(normalisedMessage(`${'"'.repeat(5000)}@`)).toBeDefined()
  })
})

test('one fault has one fingerprint, whichever task it hits; another type or message another', () => {
  const fault = { errorType: 'TypeError', errorMessage: 'row 1' }
  const same = errorFingerprint({ ...fault, errorMessage: 'row 2' })
  expect(errorFingerprint(fault)).toBe(same)
  const others = [
    { ...fault, errorType: null },
    { ...fault, errorMessage: 'column 1' },
  ]
  expect(new Set([same, ...others.map(errorFingerprint)]).size).toBe(3)
})
