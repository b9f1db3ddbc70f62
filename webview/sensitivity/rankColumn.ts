/** The column that both tables of an analysis begin with. */
import { formatWhole } from '../../src/report/format';
import { type Column } from '../components/table/column';
import { text } from '../strings';

/** How much a part costs, among the others: 1 costs the most. */
export const rankColumn = <Row extends { readonly rank: number }>(): Column<Row> => ({
  id: 'rank',
  title: text('columnRank'),
  help: text('columnRankHelp'),
  isNumeric: true,
  width: 34,
  sortKey: ({ rank }) => rank,
  render: ({ rank }) => formatWhole(rank),
  fields: [{ title: text('columnRank'), value: ({ rank }) => rank }],
});
