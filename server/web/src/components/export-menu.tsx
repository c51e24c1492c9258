// Saves exactly the rows that a list shows.
import { save, toCsv, toJson, type Exported } from '../export';
import { Icon } from './icon';
import { Menu } from './menu';

export function ExportMenu({ name, content }: { name: string; content: () => Exported }) {
  return (
    <Menu
      label="Export the rows shown"
      side="right"
      button={<><Icon name="download" /><span class="wide-only">Export</span></>}
      items={[
        { key: 'csv', label: 'CSV, the rows shown', onPick: () => save(`${name}.csv`, 'text/csv', toCsv(content())) },
        { key: 'json', label: 'JSON, the rows shown', onPick: () => save(`${name}.json`, 'application/json', toJson(content())) },
      ]}
    />
  );
}
