import { Link } from '@tanstack/react-router'

/** A job by the ends of its id, which are what differs. */
export function JobLink({ id }: { id: string }) {
  return (
    <Link to="/jobs/$id" params={{ id }} className="mono">
      {id.slice(0, 8)}…{id.slice(-6)}
    </Link>
  )
}
