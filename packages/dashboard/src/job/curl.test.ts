import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { curlOf } from './curl.ts'

test('says to a shell exactly what the job was started with', () => {
  const input = { shop: "it's $HOME `x`", path: 'a\\b "c"', list: [1] }
  const command = curlOf({ task_type: 'catalog.product_import', input }, 'https://shop.example/x')
  const script = `curl() { for argument; do printf '%s\\0' "$argument"; done; }; ${command}`
  const given = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0')
  expect(given).toContain('https://shop.example/x/api/v1/catalog/product-import')
  expect(JSON.parse(given.at(-2) ?? '')).toEqual(input)
})
