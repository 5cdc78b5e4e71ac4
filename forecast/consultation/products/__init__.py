"""Products written from a briefing: page, document, workbook, bulletin, and files for systems."""
