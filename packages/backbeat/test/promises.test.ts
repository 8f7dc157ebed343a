import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const PACKAGE = new URL('../', import.meta.url)
const ROOT = new URL('../../', PACKAGE)

/** A row that ends in a file and the name of a test in it. */
const ROW = /^\| (.+?) \|.*`([\w./-]+\.ts)`, "(.+)" \|$/gm

function rowsOf(document: string, folder: URL) {
  const text = readFileSync(new URL(document, ROOT), 'utf8')
  return [...text.matchAll(ROW)].map(([, promise = '', file = '', name = '']) => ({
    promise,
    file: new URL(file, folder),
    name,
  }))
}

describe.each([
  ['README.md', PACKAGE],
  ['docs/guides/faults.md', new URL('faults/', PACKAGE)],
])('%s', (document, folder) => {
  const rows = rowsOf(document, folder)

  test('names the test of each promise', () => {
    expect(rows.length).toBeGreaterThan(10)
  })

  test.each(rows)('$promise', ({ file, name }) => {
    expect(existsSync(file)).toBe(true)
    const said = readFileSync(file, 'utf8').replaceAll("\\'", "'")
    expect(said).toContain(`'${name}'`)
  })
})
