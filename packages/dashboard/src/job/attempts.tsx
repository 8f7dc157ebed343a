import { Title } from '@mantine/core'
import type { Attempt } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { Dot } from '../ui/status.tsx'
import { Ago, Elapsed } from '../ui/time.tsx'

const TONES: Record<Attempt['outcome'], string> = {
  running: 'accent',
  completed: 'green',
  failed: 'red',
  cancelled: 'gray',
  snoozed: 'hollow',
  released: 'hollow',
  lost: 'violet',
}

export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const { t } = useTranslation()
  if (attempts.length === 0) return null
  return (
    <section className="panel">
      <Title order={2}>{t('job.attempts')}</Title>
      <div className="scrolls" tabIndex={0} role="region" aria-label={t('job.attempts')}>
        <table className="data">
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">{t('columns.outcome')}</th>
              <th scope="col">{t('columns.error')}</th>
              <th scope="col">{t('columns.worker')}</th>
              <th scope="col" className="right">
                {t('columns.duration')}
              </th>
              <th scope="col" className="right">
                {t('columns.started')}
              </th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt) => (
              <tr key={attempt.ordinal}>
                <td>{attempt.ordinal}</td>
                <td>
                  <span className="status">
                    <Dot tone={TONES[attempt.outcome]} />
                    {t(`outcome.${attempt.outcome}`)}
                  </span>
                </td>
                <td style={{ overflowWrap: 'anywhere', minWidth: 160 }}>{attempt.error_message ?? '–'}</td>
                <td className="mono muted">{attempt.worker ?? '–'}</td>
                <td className="right" style={{ whiteSpace: 'nowrap' }}>
                  <Elapsed from={attempt.started_at} to={attempt.ended_at} />
                </td>
                <td className="right" style={{ whiteSpace: 'nowrap' }}>
                  <Ago at={attempt.started_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
