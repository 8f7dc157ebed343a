import { Button, Checkbox } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconArrowUp } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { JobSummary } from 'backbeat/client'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { LiveJobs } from '../live/use-job-list.ts'
import { StatusMark } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { COLUMNS, type Column, Detail } from './columns.tsx'
import { SearchReach } from './search-reach.tsx'

const ROW = 44
const TALL_ROW = 60
/** So many rows before the end the next page is asked for. */
const AHEAD = 20
/** Further down than this somebody is reading, and rows stay where they are. */
const TOP = 20

interface JobTableProps {
  jobs: LiveJobs
  columns: readonly string[]
  selected: ReadonlySet<string>
  onSelect: (selected: ReadonlySet<string>) => void
  isSelectable: boolean
  /** The row that the keyboard is on; -1 for none. */
  active: number
  onOpen: (id: string) => void
}

export function JobTable({ jobs, columns, selected, onSelect, isSelectable, active, onOpen }: JobTableProps) {
  const { t } = useTranslation()
  const scroller = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery('(max-width: 48em)', window.innerWidth < 768, { getInitialValueInEffect: false })
  const { rows, held, searchedTo } = jobs.list
  const size = isNarrow ? TALL_ROW : ROW
  const head = isNarrow ? 0 : 34
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => size,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
    scrollPaddingStart: head,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are measured anew when their height changes
  useEffect(() => virtual.measure(), [size])
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolled to only when the keyboard moves
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active])

  const last = virtual.getVirtualItems().at(-1)?.index ?? 0
  const isNearEnd = last >= rows.length - AHEAD
  // Whoever wants to wait for more asks for it.
  const isStopped = searchedTo !== null || jobs.hasRestFailed
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when rows came and the end is still near
  useEffect(() => {
    if (isNearEnd && !isStopped) jobs.loadMore()
  }, [isNearEnd, rows.length])

  const shown = COLUMNS.filter(({ name }) => columns.includes(name))
  const { columns: grid, width } = gridOf(shown, isSelectable)
  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    onSelect(next)
  }
  const scroll = () => {
    const { scrollTop = 0 } = scroller.current ?? {}
    jobs.hold(scrollTop > TOP)
    if (scrollTop <= TOP && held.length > 0) jobs.showHeld()
  }

  return (
    <div className="table-frame">
      <div
        ref={scroller}
        className="table"
        onScroll={scroll}
        role="table"
        aria-label={t('pages.jobs')}
        aria-rowcount={rows.length}
        tabIndex={0}
      >
        <div role="rowgroup">
          <div className="table-head" role="row" style={{ gridTemplateColumns: grid, minWidth: width }}>
            {isSelectable && (
              <span role="columnheader">
                <Checkbox
                  size="xs"
                  aria-label={t('jobs.selectShown')}
                  checked={rows.length > 0 && selected.size >= rows.length}
                  indeterminate={selected.size > 0 && selected.size < rows.length}
                  onChange={() => onSelect(selected.size > 0 ? new Set() : new Set(rows.map(({ id }) => id)))}
                />
              </span>
            )}
            {shown.map(({ name, isRight }) => (
              <span key={name} role="columnheader" className={isRight ? 'right' : ''}>
                {t(`columns.${name}`)}
              </span>
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: isNarrow ? 0 : width }}
        >
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const job = rows[index]
            if (!job) return null
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the link within opens the job by the keyboard
              <div
                key={key}
                className="table-row"
                role="row"
                tabIndex={-1}
                aria-rowindex={index + 1}
                aria-selected={selected.has(job.id)}
                data-active={index === active}
                data-job={job.id}
                style={{
                  transform: `translateY(${start}px)`,
                  gridTemplateColumns: isNarrow ? narrowGrid(isSelectable) : grid,
                }}
                onClick={(event) => {
                  if (!(event.target as HTMLElement).closest('a, input, label')) onOpen(job.id)
                }}
              >
                {isSelectable && (
                  <span role="cell">
                    {/* The browser's own: rows come and go hundreds of times a second. */}
                    <input
                      type="checkbox"
                      className="check"
                      aria-label={t('jobs.select', { task: job.task_type })}
                      checked={selected.has(job.id)}
                      onChange={() => toggle(job.id)}
                    />
                  </span>
                )}
                {isNarrow ? <NarrowCells job={job} /> : <Cells job={job} columns={shown} />}
              </div>
            )
          })}
        </div>
      </div>
      {isStopped && (
        <div className="table-foot">
          {jobs.hasRestFailed ? (
            <>
              <span role="alert">{t('jobs.restFailed')}</span>
              <Button variant="default" size="compact-sm" onClick={jobs.loadMore}>
                {t('state.again')}
              </Button>
            </>
          ) : (
            <SearchReach jobs={jobs} />
          )}
        </div>
      )}
      {held.length > 0 && (
        <Button
          className="newcomers"
          radius="xl"
          leftSection={<IconArrowUp size={14} />}
          onClick={() => {
            jobs.showHeld()
            virtual.scrollToOffset(0)
          }}
        >
          {t('jobs.newcomers', { count: held.length })}
        </Button>
      )}
    </div>
  )
}

function Cells({ job, columns }: { job: JobSummary; columns: readonly Column[] }) {
  return columns.map(({ name, cell, isRight }) => (
    <div key={name} role="cell" className={isRight ? 'cell right' : 'cell'}>
      {name === 'task' ? <JobLink job={job}>{cell(job)}</JobLink> : cell(job)}
    </div>
  ))
}

/** On a narrow screen a row has two lines: what and when, and how it is. */
function NarrowCells({ job }: { job: JobSummary }) {
  return (
    <div role="cell" className="cell">
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8 }}>
        <JobLink job={job}>
          <div className="clip">{job.task_type}</div>
        </JobLink>
        <span className="muted" style={{ whiteSpace: 'nowrap' }}>
          <Ago at={job.created_at} />
        </span>
      </div>
      <div style={{ display: 'flex', gap: 10, marginTop: 2 }}>
        <StatusMark status={job.status} />
        <div style={{ flex: 1, minWidth: 0 }}>
          <Detail job={job} />
        </div>
      </div>
    </div>
  )
}

function JobLink({ job, children }: { job: JobSummary; children: React.ReactNode }) {
  return (
    <Link to="/jobs/$id" params={{ id: job.id }} preload={false} style={{ display: 'block', minWidth: 0 }}>
      {children}
    </Link>
  )
}

const GAP = 14
const EDGES = 24

/** Every row is laid out by itself, so widths depend on the columns alone and never on what is in them. */
function gridOf(columns: readonly Column[], isSelectable: boolean): { columns: string; width: number } {
  const tracks = columns.map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`))
  const least = columns.reduce((sum, { width }) => sum + width + GAP, isSelectable ? 20 : -GAP)
  return { columns: [...(isSelectable ? ['20px'] : []), ...tracks].join(' '), width: least + EDGES }
}

function narrowGrid(isSelectable: boolean): string {
  return isSelectable ? '20px minmax(0, 1fr)' : 'minmax(0, 1fr)'
}
