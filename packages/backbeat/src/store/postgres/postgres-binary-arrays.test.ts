import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { textArray, uuidArray } from './binary-arrays.ts'

const postgres = usePostgres()

test('ids arrive as they were sent', async () => {
  const ids = [...Array.from({ length: 500 }, () => randomUUID()), 'ABCDEF01-2345-6789-abcd-ef0123456789']
  const [row] = await postgres.query<{ ids: string[] }>('SELECT $1::uuid[]::text[] AS ids', [uuidArray(ids)])
  expect(row?.ids).toEqual(ids.map((id) => id.toLowerCase()))
})

test('texts arrive as they were sent, whatever is in them', async () => {
  const texts = ['', '{}', '{"a":"b,c"}', 'NULL', 'it\'s \\ "quoted"', 'ÄÖÜ ß 😀', '\u0001\t\n', 'x'.repeat(100_000)]
  const [row] = await postgres.query<{ texts: string[] }>('SELECT $1::text[] AS texts', [textArray(texts)])
  expect(row?.texts).toEqual(texts)
})
