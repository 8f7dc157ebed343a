import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { Spool } from './spool.ts'

const folder = mkdtempSync(join(tmpdir(), 'spool-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('keeps what passes through and gives it again, several times', async () => {
  await using spool = await Spool.create({ folder })
  const seen: number[] = []
  expect(await text(spool.keep(chunks('sku,title', ',price\n'), (bytes) => seen.push(bytes)))).toBe('sku,title,price\n')
  expect(seen).toEqual([9, 16])
  expect(await text(spool.read())).toBe('sku,title,price\n')
  expect(await text(spool.read())).toBe('sku,title,price\n')
})

test('can be read again after a reader that stopped early', async () => {
  await using spool = await Spool.create({ folder })
  await text(spool.keep(chunks('x'.repeat(1_000_000)), () => undefined))
  for await (const _ of spool.read()) break
  expect(await text(spool.read())).toHaveLength(1_000_000)
})

test('refuses a feed that is too large, and leaves nothing behind', async () => {
  const importing = async () => {
    await using spool = await Spool.create({ folder, maxBytes: 2 * 1024 * 1024 })
    await text(spool.keep(chunks(...Array.from({ length: 3 }, () => 'x'.repeat(1024 * 1024))), () => undefined))
  }
  await expect(importing()).rejects.toMatchObject({
    code: 'feed_too_large',
    message: 'The feed is larger than 2 MB. Split it into several.',
  })
  expect(readdirSync(folder)).toEqual([])
})

async function* chunks(...texts: string[]) {
  for (const part of texts) yield Buffer.from(part)
}
