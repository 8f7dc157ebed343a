import { useQuery } from '@tanstack/react-query'
import type { Stats } from 'backbeat/client'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { STATUSES } from '../ui/status.tsx'

interface StateTilesProps {
  /** The states that are asked for, as the filter writes them. */
  value: string | undefined
  onChange: (status: string | null) => void
}

/** How many jobs are in each state; pressed, only those are shown. */
export function StateTiles({ value, onChange }: StateTilesProps) {
  const { t } = useTranslation()
  const { data } = useQuery({
    queryKey: ['stats', 'day'],
    queryFn: ({ signal }) => client.stats({}, { signal }),
    refetchInterval: POLL_MS,
  })
  const tiles = useRef<HTMLDivElement>(null)
  const isLoaded = data !== undefined
  // On a narrow screen the tiles scroll, and the chosen one must not be left out of sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked for when another is chosen, or the counts have widened them
  useEffect(() => {
    const strip = tiles.current
    const chosen = strip?.querySelector<HTMLElement>('[aria-pressed="true"]')
    if (strip && chosen) strip.scrollTo({ left: chosen.offsetLeft - (strip.clientWidth - chosen.offsetWidth) / 2 })
  }, [value, isLoaded])
  return (
    <div ref={tiles} className="tiles" role="group" aria-label={t('jobs.byState')}>
      <Tile label={t('jobs.all')} count={data && total(data)} isChosen={!value} onChoose={() => onChange(null)} />
      {STATUSES.map((status) => (
        <Tile
          key={status}
          label={t(`status.${status}`)}
          count={data?.counts[status]}
          isChosen={value === status}
          onChoose={() => onChange(value === status ? null : status)}
        />
      ))}
    </div>
  )
}

type Count = Stats['counts'][keyof Stats['counts']]

function Tile(props: { label: string; count: Count | undefined; isChosen: boolean; onChoose: () => void }) {
  const { i18n } = useTranslation()
  const { label, count, isChosen, onChoose } = props
  const format = new Intl.NumberFormat(i18n.language, {
    notation: count && count.value >= 1e5 ? 'compact' : 'standard',
  })
  return (
    <button type="button" className="tile" aria-pressed={isChosen} onClick={onChoose}>
      <b>{count ? `${count.is_exact ? '' : '~'}${format.format(count.value)}` : '–'}</b>
      <span>{label}</span>
    </button>
  )
}

function total({ counts }: Stats): Count {
  const all = Object.values(counts)
  return { value: all.reduce((sum, { value }) => sum + value, 0), is_exact: all.every(({ is_exact }) => is_exact) }
}
