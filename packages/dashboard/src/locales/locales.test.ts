import { expect, test } from 'vitest'
import de from './de.json' with { type: 'json' }
import en from './en.json' with { type: 'json' }

type Texts = { [key: string]: string | Texts }

function flat(texts: Texts, path = ''): [key: string, text: string][] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string' ? [[path + key, text]] : flat(text, `${path}${key}.`),
  )
}

const blanks = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort()

test('every language says everything, with the same blanks', () => {
  const english = flat(en)
  const german = new Map(flat(de))
  expect([...german.keys()].sort()).toEqual(english.map(([key]) => key).sort())
  for (const [key, text] of english) expect([key, blanks(german.get(key) ?? '')]).toEqual([key, blanks(text)])
})
