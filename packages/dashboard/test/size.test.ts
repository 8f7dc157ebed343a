import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const BUILT = new URL('../../backbeat/dist/dashboard/', import.meta.url)
const MOST = 300_000

test('loads less than 300 kB of compressed script at first', () => {
  const page = readFileSync(new URL('index.html', BUILT), 'utf8')
  const scripts = Array.from(page.matchAll(/(?:src|href)="(\.\/assets\/[^"]+\.js)"/g), ([, path = '']) => path)
  expect(scripts.length).toBeGreaterThan(0)
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(new URL(path, BUILT))).length, 0)
  expect(bytes).toBeLessThan(MOST)
})

test('writes no script into its page, which the policy would refuse', () => {
  const page = readFileSync(new URL('index.html', BUILT), 'utf8')
  expect(page.match(/<script(?![^>]*\ssrc=)[^>]*>|<style|\son\w+=/g)).toBeNull()
})
