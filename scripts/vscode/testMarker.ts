/** Printed when the tests begin in the extension host: what a starting VS Code says before is nobody's concern. */
export const testsBegin = '--- tests begin';
