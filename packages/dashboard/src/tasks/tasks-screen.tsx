import './tasks.css'
import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import type { Task } from 'backbeat/client'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { formatPercent } from '../format/percent.ts'
import { Screen } from '../ui/screen.tsx'
import { Empty } from '../ui/states.tsx'
import { Duration } from '../ui/time.tsx'
import { endedOf, matching } from './task-numbers.ts'

const route = getRouteApi('/tasks')
/** About as high as a row is, in pixels; each is measured once it is there. */
const ROW = 58

export function TasksScreen() {
  const { t } = useTranslation()
  const { q = '' } = route.useSearch()
  const navigate = useNavigate()
  const query = useQuery({
    queryKey: ['tasks'],
    queryFn: ({ signal }) => client.tasks({ signal }),
    refetchInterval: POLL_MS * 3,
  })
  return (
    <Screen title={t('pages.tasks')} query={query}>
      {(tasks) =>
        tasks.length === 0 ? (
          <Empty title={t('tasks.none')}>{t('tasks.noneHint')}</Empty>
        ) : (
          <>
            <TextInput
              mb="xs"
              leftSection={<IconSearch size={15} />}
              aria-label={t('tasks.search')}
              placeholder={t('tasks.search')}
              value={q}
              onChange={(event) => {
                const text = event.currentTarget.value
                void navigate({ to: '/tasks', search: text === '' ? {} : { q: text }, replace: true })
              }}
              spellCheck={false}
              autoComplete="off"
            />
            <TaskList tasks={matching(tasks, q)} />
          </>
        )
      }
    </Screen>
  )
}

function TaskList({ tasks }: { tasks: readonly Task[] }) {
  const { t } = useTranslation()
  const list = useRef<HTMLDivElement>(null)
  const virtual = useWindowVirtualizer({
    count: tasks.length,
    estimateSize: () => ROW,
    getItemKey: (index) => tasks[index]?.name ?? index,
    overscan: 10,
    scrollMargin: list.current?.offsetTop ?? 0,
  })
  if (tasks.length === 0) return <Empty title={t('tasks.noMatch')}>{t('tasks.noMatchHint')}</Empty>
  return (
    <div className="panel tasks" role="table" aria-label={t('pages.tasks')} aria-rowcount={tasks.length + 1}>
      <div role="rowgroup">
        <div className="task-row task-head" role="row" aria-rowindex={1}>
          {['task', 'ended', 'failing', 'wait', 'run', 'queue'].map((name) => (
            <span key={name} role="columnheader" className={name === 'task' || name === 'queue' ? '' : 'right'}>
              {t(`tasks.${name}`)}
            </span>
          ))}
        </div>
      </div>
      <div ref={list} role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const task = tasks[index]
          if (!task) return null
          return (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              data-task={task.name}
              role="row"
              aria-rowindex={index + 2}
              className="task-row"
              style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
            >
              <TaskCells task={task} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function TaskCells({ task }: { task: Task }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const failing = task.failure_rate ?? 0
  return (
    <>
      <div role="cell" className="task-name">
        <Link to="/tasks/$name" params={{ name: task.name }} className="task-link">
          {task.name}
        </Link>
        {task.description !== '' && (
          <div className="muted clip" title={task.description}>
            {task.description}
          </div>
        )}
      </div>
      <div role="cell" className="right" data-label={t('tasks.ended')}>
        {number.format(endedOf(task))}
      </div>
      <div role="cell" className={failing > 0 ? 'right red' : 'right muted'} data-label={t('tasks.failing')}>
        {formatPercent(task.failure_rate, i18n.language)}
      </div>
      <div role="cell" className="right" data-label={t('tasks.wait')}>
        {task.wait_ms ? <Duration ms={task.wait_ms.p95} /> : '–'}
      </div>
      <div role="cell" className="right" data-label={t('tasks.run')}>
        {task.run_ms ? <Duration ms={task.run_ms.p95} /> : '–'}
      </div>
      <div role="cell" className="muted clip task-queue" data-label={t('tasks.queue')}>
        {task.queue}
      </div>
    </>
  )
}
