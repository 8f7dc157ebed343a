import type { Explanation } from 'backbeat/client'
import type { i18n } from 'i18next'
import { formatDuration } from '../format/duration.ts'

type Reason = Explanation['reasons'][number]

/** Why a job waits, in the reader's language; as the server says it where the reason is of a kind not known here. */
export function inWords(reason: Reason, { t, exists, language }: Pick<i18n, 't' | 'exists' | 'language'>) {
  const { code, sentence, fix, params } = reason
  const key = `why.${keyOf(reason)}`
  if (!exists(key) || lacksLimit(reason)) return { sentence, fix }
  const blanks: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(params)) {
    const isTime = name.endsWith('_ms') && typeof value === 'number'
    blanks[isTime ? name.slice(0, -3) : name] = isTime ? formatDuration(value, language) : value
  }
  if (params.ahead_is_exact === false) blanks.ahead = t('why.moreThan', { number: params.ahead })
  if (code === 'concurrency_limit') blanks.holders = holdersOf(params, t)
  return { sentence: t(`${key}.sentence`, blanks), fix: exists(`${key}.fix`) ? t(`${key}.fix`, blanks) : '' }
}

function holdersOf({ held_by, held_by_others }: Reason['params'], t: i18n['t']): string {
  const others = held_by_others === 0 ? '' : t('why.ofOthers', { count: Number(held_by_others) })
  return [held_by, others].filter((holders) => holders !== '').join(', ') || t('why.justEnded')
}

/** Under which its words are kept. */
function keyOf({ code, params }: Reason): string {
  return code === 'no_worker' && params.silent !== 0 ? 'no_worker_alive' : code
}

/** Of a limit that was changed meanwhile the number is not known, and so the words have nothing to name. */
function lacksLimit({ code, params }: Reason): boolean {
  return code === 'concurrency_limit' && params.limit === undefined
}
