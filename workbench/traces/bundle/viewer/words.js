// Numbers and times as words; what is unknown is a dash, never a zero.

const UNKNOWN = "–";

const count = (value) => (value === undefined ? UNKNOWN : value.toLocaleString("en"));

const money = (value) => {
  if (value === undefined) return UNKNOWN;
  return value === 0 ? "$0" : `$${value < 0.01 ? value.toPrecision(2) : value.toFixed(value < 1 ? 4 : 2)}`;
};

const cost = (total) => {
  if (total.cost === undefined) return UNKNOWN;
  return total.unpriced ? `${money(total.cost)} + ${total.unpriced} unknown` : money(total.cost);
};

const seconds = (milliseconds) => {
  if (milliseconds === undefined) return UNKNOWN;
  if (milliseconds < 1) return `${milliseconds.toPrecision(2)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 100000 ? `${(milliseconds / 1000).toFixed(2)} s` : `${Math.round(milliseconds / 1000)} s`;
};

const moment = (microseconds) => new Date(microseconds / 1000).toISOString().slice(0, 19).replace("T", " ");

const tokens = (total) =>
  total.input === undefined && total.output === undefined ? UNKNOWN : `${count(total.input)} → ${count(total.output)}`;
