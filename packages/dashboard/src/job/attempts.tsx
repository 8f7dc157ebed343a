import { Button, Title } from '@mantine/core'
import type { Attempt } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Ago, Elapsed } from '../ui/time.tsx'
import { AttemptCompare } from './attempt-compare.tsx'
import { folded } from './moments.ts'
import { OutcomeMark } from './outcome-mark.tsx'

const FOLD = { most: 8, first: 1, last: 6 }

/** Every attempt of a job, and two of them side by side. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const { t } = useTranslation()
  const [isWhole, setWhole] = useState(false)
  if (attempts.length === 0) return null
  const { head, hidden, tail } = folded(attempts, isWhole ? { most: Infinity } : FOLD)
  return (
    <section className="panel">
      <Title order={2}>{t('job.attempts')}</Title>
      <div className="scrolls" tabIndex={0} role="region" aria-label={t('job.attempts')}>
        <table className="data attempts">
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">{t('columns.outcome')}</th>
              <th scope="col">{t('columns.error')}</th>
              <th scope="col">{t('columns.worker')}</th>
              <th scope="col">{t('columns.version')}</th>
              <th scope="col" className="right">
                {t('columns.duration')}
              </th>
              <th scope="col" className="right">
                {t('columns.started')}
              </th>
            </tr>
          </thead>
          <tbody>
            {head.map((attempt) => (
              <Row key={attempt.ordinal} attempt={attempt} />
            ))}
            {hidden > 0 && (
              <tr>
                <td colSpan={7}>
                  <Button variant="subtle" size="compact-xs" onClick={() => setWhole(true)}>
                    {t('job.moreAttempts', { count: hidden })}
                  </Button>
                </td>
              </tr>
            )}
            {tail.map((attempt) => (
              <Row key={attempt.ordinal} attempt={attempt} />
            ))}
          </tbody>
        </table>
      </div>
      {attempts.length > 1 && <AttemptCompare attempts={attempts} />}
    </section>
  )
}

function Row({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation()
  return (
    <tr>
      <td>{attempt.ordinal}</td>
      <td>
        <OutcomeMark outcome={attempt.outcome} />
      </td>
      <td className="attempt-error">{attempt.error_message ?? '–'}</td>
      <td className="mono muted" data-label={t('columns.worker')}>
        {attempt.worker ?? '–'}
      </td>
      <td className="mono muted" data-label={t('columns.version')}>
        {attempt.worker_version ?? '–'}
      </td>
      <td className="right nowrap" data-label={t('columns.duration')}>
        <Elapsed from={attempt.started_at} to={attempt.ended_at} />
      </td>
      <td className="right nowrap" data-label={t('columns.started')}>
        <Ago at={attempt.started_at} />
      </td>
    </tr>
  )
}
