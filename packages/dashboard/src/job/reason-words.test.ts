import type { Explanation } from 'backbeat/client'
import { createInstance, type i18n } from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import de from '../locales/de.json' with { type: 'json' }
import en from '../locales/en.json' with { type: 'json' }
import { inWords } from './reason-words.ts'

type Reason = Explanation['reasons'][number]

let english: i18n
let german: i18n

beforeAll(async () => {
  english = await speaking('en')
  german = await speaking('de')
})

async function speaking(lng: string): Promise<i18n> {
  const instance = createInstance()
  const resources = { en: { translation: en }, de: { translation: de } }
  await instance.init({ lng, resources, interpolation: { escapeValue: false } })
  return instance
}

/** As the server says it. */
const paused: Reason = {
  code: 'queue_paused',
  sentence: 'The queue "mail" was paused 2 m 30 s ago.',
  fix: 'Resume the queue.',
  params: { queue: 'mail', paused_ms: 150_000 },
}
const limited: Reason = {
  code: 'concurrency_limit',
  sentence:
    'At most 2 jobs of the key "nord" run at the same time. The places are held by 0199 (shop.sync), 1 job of others.',
  fix: 'Wait until one of them ends, cancel one, or raise the task’s concurrency limit.',
  params: { key: 'nord', limit: 2, held_by: '0199 (shop.sync)', held_by_others: 1 },
}
const silent: Reason = {
  code: 'no_worker',
  sentence: 'None of the 3 known workers has given a sign of life for longer than its lease.',
  fix: 'Start one: backbeat worker --app <file>, or backbeat.startWorker().',
  params: { silent: 3 },
}
const crowded: Reason = {
  code: 'behind_others',
  sentence: 'In the queue "mail" more than 1000 jobs come before it.',
  fix: 'Wait; its turn comes.',
  params: { queue: 'mail', slots: 4, ahead: 1000, ahead_is_exact: false },
}
const expired: Reason = {
  code: 'expired',
  sentence: 'It expired 420 ms ago and is about to be cancelled.',
  fix: '',
  params: { expired_ms: 420 },
}

test.each([paused, limited, silent, crowded, expired])('$code is said in English as the server says it', (reason) => {
  expect(inWords(reason, english)).toEqual({ sentence: reason.sentence, fix: reason.fix })
})

test.each([
  [paused, 'Die Warteschlange „mail“ wurde vor 2 m 30 s angehalten.', 'Setzen Sie die Warteschlange fort.'],
  [
    limited,
    'Höchstens 2 Jobs mit dem Schlüssel „nord“ laufen zugleich. Die Plätze haben 0199 (shop.sync), 1 Job anderer.',
    'Warten Sie, bis einer von ihnen endet, brechen Sie einen ab, oder erhöhen Sie die Grenze der Aufgabe.',
  ],
  [crowded, 'In der Warteschlange „mail“ kommen mehr als 1000 Jobs vor ihm.', 'Warten Sie; er kommt an die Reihe.'],
  [expired, 'Er ist vor 420 ms verfallen und wird gleich abgebrochen.', ''],
])('$code is said in German', (reason, sentence, fix) => {
  expect(inWords(reason, german)).toEqual({ sentence, fix })
})

test('what is held by jobs that have just ended, or by nobody that may be named, is said too', () => {
  const held = (params: Reason['params']) => inWords({ ...limited, params: { ...limited.params, ...params } }, german)
  expect(held({ held_by: '', held_by_others: 2 }).sentence).toContain('Die Plätze haben 2 Jobs anderer.')
  expect(held({ held_by: '', held_by_others: 0 }).sentence).toContain('Jobs, die eben geendet haben')
})

test('a reason that is not known here, or lacks what its words name, is shown as the server says it', () => {
  const { sentence, fix } = limited
  const { limit: _, ...withoutLimit } = limited.params
  expect(inWords({ ...limited, params: withoutLimit }, german)).toEqual({ sentence, fix })
  expect(inWords({ ...paused, code: 'moon_phase' }, german).sentence).toBe(paused.sentence)
})
