import { Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { JobDetail } from 'backbeat/client'
import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { client, take } from '../api/client.ts'
import { formatClock, formatExact } from '../format/time.ts'

const LINES = 500

export function JobLog({ job }: { job: JobDetail }) {
  const { t, i18n } = useTranslation()
  const { data = [] } = useQuery({
    queryKey: ['job', job.id, 'logs'],
    queryFn: ({ signal }) => take(client.logs(job.id, { signal }), LINES),
    placeholderData: keepPreviousData,
  })
  return (
    <section className="panel">
      <Title order={2}>{t('job.log')}</Title>
      {data.length === 0 ? (
        <div className="code muted">{t('job.noLog')}</div>
      ) : (
        <div className="log" role="log" aria-label={t('job.log')} tabIndex={0}>
          {data.map(({ id, at, level, message }) => (
            <Fragment key={id}>
              <time className="muted" dateTime={at} title={formatExact(at, i18n.language)}>
                {formatClock(at, i18n.language)}
              </time>
              <span className={level === 'error' ? 'red' : 'muted'}>{level}</span>
              <span style={{ overflowWrap: 'anywhere' }}>{message}</span>
            </Fragment>
          ))}
        </div>
      )}
    </section>
  )
}
