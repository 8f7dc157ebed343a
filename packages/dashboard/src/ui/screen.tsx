import { Group, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Failure, Loading } from './states.tsx'

interface ScreenProps<Data> {
  title: string
  query: { data: Data | undefined; error: unknown; refetch: () => Promise<unknown> }
  /** Beside the title. */
  actions?: ReactNode
  children: (data: Data) => ReactNode
}

/** A screen of one answer: its title, and what is there until, or instead of, the answer. */
export function Screen<Data>({ title, query, actions, children }: ScreenProps<Data>) {
  return (
    <div className="page">
      <Group justify="space-between" mb="sm" mih={30} wrap="nowrap">
        <Title order={1}>{title}</Title>
        {actions}
      </Group>
      {query.data !== undefined ? (
        children(query.data)
      ) : query.error ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </div>
  )
}
