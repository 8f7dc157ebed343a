import { Button, Group, Title } from '@mantine/core'
import { IconArrowDown } from '@tabler/icons-react'
import type { JobDetail, LogLine } from 'backbeat/client'
import { useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatClock, formatExact } from '../format/time.ts'
import { useJobLog } from './use-job-log.ts'

/** So near the end somebody follows it, in pixels. */
const NEAR = 24

/** What a job wrote, followed as it is written while its end is in sight. */
export function JobLog({ job, seenAt }: { job: JobDetail; seenAt: number }) {
  const { t } = useTranslation()
  const log = useJobLog(job.id, seenAt)
  const scroller = useRef<HTMLDivElement>(null)
  const [isFollowing, setFollowing] = useState(true)
  /** How far from the end it was before lines came on top. */
  const fromEnd = useRef<number | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: placed anew when lines came
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    if (fromEnd.current !== null) element.scrollTop = element.scrollHeight - fromEnd.current
    else if (isFollowing) element.scrollTop = element.scrollHeight
    fromEnd.current = null
  }, [log.lines])

  const toEnd = () => {
    setFollowing(true)
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }
  return (
    <section className="panel">
      <Group component="header" justify="space-between" className="panel-head">
        <Title order={2}>{t('job.log')}</Title>
        {log.lines.length > 0 && !isFollowing && (
          <Button variant="default" size="compact-xs" leftSection={<IconArrowDown size={13} />} onClick={toEnd}>
            {t('job.follow')}
          </Button>
        )}
      </Group>
      {log.lines.length === 0 ? (
        <div className="code muted">{log.isLoaded ? t('job.noLog') : t('loading')}</div>
      ) : (
        <div
          ref={scroller}
          className="log"
          role="log"
          aria-label={t('job.log')}
          tabIndex={0}
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
            setFollowing(scrollHeight - scrollTop - clientHeight < NEAR)
          }
        >
          {log.hasEarlier && (
            <Button
              variant="default"
              size="compact-xs"
              mb={8}
              onClick={() => {
                const { scrollHeight = 0, scrollTop = 0 } = scroller.current ?? {}
                fromEnd.current = scrollHeight - scrollTop
                void log.loadEarlier()
              }}
            >
              {t('job.earlierLines')}
            </Button>
          )}
          {log.lines.map((line) => (
            <Line key={line.id} line={line} />
          ))}
        </div>
      )}
    </section>
  )
}

const TONES: Partial<Record<LogLine['level'], string>> = { error: 'red', warn: 'amber' }

function Line({ line: { at, level, message, fields } }: { line: LogLine }) {
  const { i18n } = useTranslation()
  const hasFields = typeof fields === 'object' && fields !== null && Object.keys(fields).length > 0
  return (
    <div className="log-line">
      <time className="muted" dateTime={at} title={formatExact(at, i18n.language)}>
        {formatClock(at, i18n.language)}
      </time>
      <span className={TONES[level] ?? 'muted'}>{level}</span>
      <span className="log-text">
        {message} {hasFields && <span className="muted">{JSON.stringify(fields)}</span>}
      </span>
    </div>
  )
}
