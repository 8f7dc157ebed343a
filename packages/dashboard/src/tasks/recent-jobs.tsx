import { Group, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Task } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { Detail } from '../jobs/columns.tsx'
import { StatusMark } from '../ui/status.tsx'
import { Ago, Elapsed } from '../ui/time.tsx'

const SHOWN = 8

/** The newest jobs of a task. */
export function RecentJobs({ task }: { task: Task }) {
  const { t } = useTranslation()
  const { data } = useQuery({
    queryKey: ['tasks', task.name, 'jobs'],
    queryFn: ({ signal }) => client.page({ task_type: task.name, limit: SHOWN }, { signal }),
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  })
  return (
    <section className="panel">
      <Group component="header" justify="space-between" className="panel-head">
        <Title order={2}>{t('tasks.recent')}</Title>
        <Link to="/jobs" search={{ filter: `task:${task.name}` }}>
          {t('tasks.allJobs')}
        </Link>
      </Group>
      {data?.items.length === 0 && <div className="code muted">{t('tasks.noJobs')}</div>}
      <ul className="recent">
        {data?.items.map((job) => (
          <li key={job.id} data-job={job.id}>
            <StatusMark status={job.status} />
            <Link to="/jobs/$id" params={{ id: job.id }} className="mono">
              {job.id.slice(0, 8)}…{job.id.slice(-6)}
            </Link>
            <div className="recent-detail">
              <Detail job={job} />
            </div>
            <span className="right muted">
              {job.started_at !== null && <Elapsed from={job.started_at} to={job.completed_at} />}
            </span>
            <span className="right muted">
              <Ago at={job.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
