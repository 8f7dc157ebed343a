import { Button, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { formatDuration } from '../format/duration.ts'
import { useChangeQueue } from '../queues/use-change-queue.ts'
import { useMayManage } from '../ui/session.tsx'
import { Dot } from '../ui/status.tsx'
import type { Problem } from './problems.ts'

/** What needs somebody, each with its remedy beside it. */
export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  const { t } = useTranslation()
  return (
    <section className="panel">
      <Title order={2}>{t('overview.problems')}</Title>
      <ul className="problems">
        {problems.length === 0 && (
          <li>
            <Dot tone="green" />
            <span className="muted">{t('overview.allWell')}</span>
          </li>
        )}
        {problems.map((problem) => (
          <ProblemRow key={problem.code + JSON.stringify(problem.values)} problem={problem} />
        ))}
      </ul>
    </section>
  )
}

function ProblemRow({ problem: { code, tone, values, at, queue } }: { problem: Problem }) {
  const { t, i18n } = useTranslation()
  const mayManage = useMayManage()
  const change = useChangeQueue()
  const written = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      name === 'age' || name === 'lag' ? formatDuration(Number(value), i18n.language) : value,
    ]),
  )
  return (
    <li>
      <Dot tone={tone} />
      <span>
        {t(`overview.${code}`, written)} <span className="muted">{t(`overview.${code}Fix`)}</span>
      </span>
      {queue !== undefined && mayManage ? (
        <Button size="compact-xs" variant="default" onClick={() => void change.resume(queue)}>
          {t('queues.resume')}
        </Button>
      ) : 'filter' in at ? (
        <Link to="/jobs" search={{ filter: at.filter }}>
          {t('overview.showJobs')}
        </Link>
      ) : (
        <Link to={`/${at.screen}`}>{t(`pages.${at.screen}`)}</Link>
      )}
    </li>
  )
}
