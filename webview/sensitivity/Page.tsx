/** The whole page: waiting, failed, or the report. */
import { type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type SensitivityReport } from '../../src/protocol/sensitivity';
import { Waiting } from '../components/Interim';
import { useRemembered } from '../components/useRemembered';
import { setTranslations } from '../strings';
import { Sensitivity } from './Sensitivity';
import { type SensitivityWire, untouched } from './state';

/** Asks the host for its report and shows it. */
export function Page({ wire }: { wire: SensitivityWire }): VNode {
  const [report, setReport] = useState<SensitivityReport>();
  // A new report takes the place of the old one, and none of its sorting and scrolling.
  const [serial, setSerial] = useState(0);
  const [remembered, remember] = useRemembered(wire, untouched);
  useEffect(() => {
    let isFirst = true;
    const stop = wire.listen((message) => {
      if (message.translations) setTranslations(message.translations);
      if (!isFirst) wire.remember((remembered.current = untouched));
      isFirst = false;
      setSerial((known) => known + 1);
      setReport(message.report);
    });
    wire.post({ type: 'ready' });
    return stop;
  }, [wire]);
  if (!report) return <Waiting />;
  return <Sensitivity key={serial} report={report} wire={wire} remembered={remembered.current} remember={remember} />;
}
