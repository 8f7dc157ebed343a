import './tasks.css'
import { Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Task } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { Chart } from '../overview/chart.tsx'
import { useSession } from '../ui/session.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { RecentJobs } from './recent-jobs.tsx'
import { StartForm } from './start-form.tsx'
import { TaskFigures } from './task-figures.tsx'
import { TaskLimits } from './task-limits.tsx'
import { mayStart } from './task-numbers.ts'
import { TaskSchema } from './task-schema.tsx'

const route = getRouteApi('/tasks/$name')

export function TaskScreen() {
  const { t } = useTranslation()
  const { name } = route.useParams()
  const query = useQuery({
    queryKey: ['tasks'],
    queryFn: ({ signal }) => client.tasks({ signal }),
    refetchInterval: POLL_MS,
  })
  if (!query.data) {
    return query.error ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Loading />
  }
  const task = query.data.find((one) => one.name === name)
  if (!task) {
    return (
      <Empty title={t('tasks.unknown')}>
        <span>{t('tasks.unknownHint')}</span>
        <Link to="/tasks">{t('tasks.toTasks')}</Link>
      </Empty>
    )
  }
  return <TaskPage key={name} task={task} />
}

function TaskPage({ task }: { task: Task }) {
  const canStart = mayStart(useSession(), task.name)
  return (
    <div className="page" style={{ display: 'grid', gap: 14, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <div>
        <Title order={1} style={{ overflowWrap: 'anywhere' }}>
          {task.name}
        </Title>
        {task.description !== '' && <div className="muted">{task.description}</div>}
      </div>
      <TaskFigures task={task} />
      <div className="columns">
        {canStart && <StartForm task={task} />}
        <TaskSchema task={task} />
      </div>
      <RecentJobs task={task} />
      <div className="columns">
        <Ended task={task} />
        <TaskLimits task={task} />
      </div>
    </div>
  )
}

function Ended({ task }: { task: Task }) {
  const { t } = useTranslation()
  const { data } = useQuery({
    queryKey: ['stats', 'day', task.name],
    queryFn: ({ signal }) => client.stats({ window: 'day', task_type: task.name }, { signal }),
    refetchInterval: POLL_MS * 3,
    placeholderData: keepPreviousData,
  })
  if (!data) return null
  return (
    <section className="panel">
      <Title order={2}>{t('tasks.endedDay')}</Title>
      <div style={{ padding: 14 }}>
        <Chart series={data.series} />
      </div>
    </section>
  )
}
