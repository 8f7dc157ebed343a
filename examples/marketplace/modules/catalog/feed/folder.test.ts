import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readFeedFile } from './folder.ts'

let parent: string
let folder: string

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'feeds-'))
  folder = join(parent, 'feeds')
  mkdirSync(join(folder, 'nord'), { recursive: true })
  writeFileSync(join(parent, 'secret.csv'), 'secret')
  writeFileSync(join(folder, 'nord', 'today.csv'), 'sku,title,price\n')
  symlinkSync(join(parent, 'secret.csv'), join(folder, 'outside.csv'))
  symlinkSync(parent, join(folder, 'up'))
  symlinkSync(join(folder, 'nord', 'today.csv'), join(folder, 'latest.csv'))
})

afterAll(() => rmSync(parent, { recursive: true }))

test('reads a file of the folder, also through a link that stays inside', async () => {
  expect(await readAll('nord/today.csv')).toBe('sku,title,price\n')
  expect(await readAll('latest.csv')).toBe('sku,title,price\n')
})

test.each([
  '../secret.csv',
  'nord/../../secret.csv',
  '..\\secret.csv',
  '/etc/passwd',
  'C:/secret.csv',
  'outside.csv',
  'up/secret.csv',
  'nord/today.csv\0.txt',
  '.',
  '',
])('refuses %j, which is not inside the folder', async (name) => {
  await expect(readAll(name)).rejects.toMatchObject({ name: 'FeedError', code: 'feed_not_allowed' })
})

test('says that a file is missing', async () => {
  await expect(readAll('yesterday.csv')).rejects.toMatchObject({
    code: 'feed_not_found',
    message: expect.stringContaining('"yesterday.csv"'),
  })
  await expect(readAll('nord/today.csv/more.csv')).rejects.toMatchObject({ code: 'feed_not_found' })
})

test('says so where the folder itself is missing', async () => {
  await expect(text(readFeedFile(join(parent, 'none'), 'today.csv'))).rejects.toMatchObject({
    code: 'feed_not_found',
  })
})

test('refuses a folder', async () => {
  await expect(readAll('nord')).rejects.toMatchObject({ code: 'feed_unreadable' })
})

test.skipIf(process.platform === 'win32')('refuses a named pipe without waiting for its writer', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe.csv')])
  await expect(readAll('pipe.csv')).rejects.toMatchObject({ code: 'feed_unreadable' })
})

function readAll(name: string): Promise<string> {
  return text(readFeedFile(folder, name))
}
