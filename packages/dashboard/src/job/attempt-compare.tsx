import { NativeSelect } from '@mantine/core'
import type { Attempt } from 'backbeat/client'
import { Fragment, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDuration } from '../format/duration.ts'
import { useNow } from '../live/now.ts'
import { Ago } from '../ui/time.tsx'
import { type DiffLine, diffTexts, durationOf, lastTwo } from './attempt-diff.ts'
import { OutcomeMark } from './outcome-mark.tsx'

/** Two attempts side by side, with what differs between them. */
export function AttemptCompare({ attempts }: { attempts: readonly Attempt[] }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  // Until somebody chooses, the last two, whichever those are by then.
  const [chosen, setChosen] = useState<[number, number] | null>(null)
  const pair = chosen ?? lastTwo(attempts)
  const [one, other] = pair.map((ordinal) => attempts.find((attempt) => attempt.ordinal === ordinal))
  if (!one || !other) return null

  const durations = [durationOf(one, now), durationOf(other, now)] as const
  const difference = durations[1] - durations[0]
  const [message, otherMessage] = diffTexts(one.error_message, other.error_message)
  const [trace, otherTrace] = diffTexts(one.traceback, other.traceback)
  const rows: [name: string, one: ReactNode, other: ReactNode, isSame: boolean][] = [
    [
      'outcome',
      <OutcomeMark key="one" outcome={one.outcome} />,
      <OutcomeMark key="other" outcome={other.outcome} />,
      one.outcome === other.outcome,
    ],
    ['started', <Ago key="one" at={one.started_at} />, <Ago key="other" at={other.started_at} />, true],
    [
      'duration',
      formatDuration(durations[0], i18n.language),
      <>
        {formatDuration(durations[1], i18n.language)}{' '}
        <span className="muted">
          ({difference < 0 ? '−' : '+'}
          {formatDuration(Math.abs(difference), i18n.language)})
        </span>
      </>,
      difference === 0,
    ],
    [
      'worker',
      <Mono key="one" text={one.worker} />,
      <Mono key="other" text={other.worker} />,
      one.worker === other.worker,
    ],
    [
      'version',
      <Mono key="one" text={one.worker_version} />,
      <Mono key="other" text={other.worker_version} />,
      one.worker_version === other.worker_version,
    ],
    ['errorType', one.error_type ?? '–', other.error_type ?? '–', one.error_type === other.error_type],
    [
      'error',
      <Lines key="one" lines={message} />,
      <Lines key="other" lines={otherMessage} />,
      one.error_message === other.error_message,
    ],
    [
      'trace',
      <Lines key="one" lines={trace} isCode />,
      <Lines key="other" lines={otherTrace} isCode />,
      one.traceback === other.traceback,
    ],
  ]
  const choices = attempts.map(({ ordinal, outcome }) => ({
    value: String(ordinal),
    label: `#${ordinal} · ${t(`outcome.${outcome}`)}`,
  }))
  const choice = (side: 0 | 1) => (
    <NativeSelect
      size="xs"
      aria-label={t(side === 0 ? 'job.compareOne' : 'job.compareOther')}
      value={String(pair[side])}
      data={choices}
      onChange={(event) => {
        const ordinal = Number(event.currentTarget.value)
        setChosen(side === 0 ? [ordinal, pair[1]] : [pair[0], ordinal])
      }}
    />
  )
  return (
    <div className="compare" role="group" aria-label={t('job.compare')}>
      <div className="compare-name muted">{t('job.compare')}</div>
      <div>{choice(0)}</div>
      <div>{choice(1)}</div>
      {rows.map(([name, left, right, isSame]) => (
        <Fragment key={name}>
          <div className="compare-name muted">
            {t(`columns.${name}`)}
            {!isSame && <span className="differs">{t('job.differs')}</span>}
          </div>
          <div data-differs={!isSame} data-row={name}>
            {left}
          </div>
          <div data-differs={!isSame} data-row={name}>
            {right}
          </div>
        </Fragment>
      ))}
    </div>
  )
}

function Mono({ text }: { text: string | null }) {
  return <span className="mono">{text ?? '–'}</span>
}

function Lines({ lines, isCode = false }: { lines: readonly DiffLine[]; isCode?: boolean }) {
  const { t } = useTranslation()
  const content = lines.map(({ text, isShared }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines stay where they are
    <span key={index} className="diff-line" data-shared={isShared}>
      {text}
    </span>
  ))
  return isCode ? (
    <pre className="mono compare-code" tabIndex={0} role="group" aria-label={t('columns.trace')}>
      {content}
    </pre>
  ) : (
    <div>{content}</div>
  )
}
