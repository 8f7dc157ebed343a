import { Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { JobDetail } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { inWords } from './reason-words.ts'

/** Why a job that waits does not run, and what to do about it. */
export function Explain({ job }: { job: JobDetail }) {
  const { t, i18n } = useTranslation()
  const isWaiting = job.status === 'pending' || job.status === 'retrying'
  const { data } = useQuery({
    queryKey: ['explain', job.id],
    queryFn: ({ signal }) => client.explain(job.id, { signal }),
    enabled: isWaiting,
    refetchInterval: POLL_MS,
  })
  if (!isWaiting || !data) return null
  return (
    <section className="panel">
      <Title order={2}>{t('job.why')}</Title>
      <ul style={{ margin: 0, padding: '10px 14px 12px 30px', fontSize: '0.8125rem' }}>
        {data.reasons.map((reason) => {
          const { sentence, fix } = inWords(reason, i18n)
          return (
            <li key={reason.code}>
              {sentence} <span className="muted">{fix}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
