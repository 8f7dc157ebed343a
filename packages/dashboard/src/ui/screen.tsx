import { Title } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure, Loading } from './states.tsx'

interface ScreenProps<Data> {
  title: string
  query: UseQueryResult<Data>
  children: (data: Data) => ReactNode
}

/** A screen of one answer: its title, and what is there until, or instead of, the answer. */
export function Screen<Data>({ title, query, children }: ScreenProps<Data>) {
  return (
    <div className="page">
      <Title order={1} mb="sm">
        {title}
      </Title>
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
