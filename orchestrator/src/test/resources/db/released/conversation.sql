-- What the first schema held: a conversation with a picture, an answer that was being written, a named file.
INSERT INTO image VALUES
  ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'image/png', 77, 3, 2, TRUE, FALSE, NULL);
INSERT INTO session VALUES
  ('00000000-0000-4000-8000-000000000001', 'Owls', '{"system":"Be brief."}',
   TIMESTAMP WITH TIME ZONE '2026-01-01 10:00:00+00', TIMESTAMP WITH TIME ZONE '2026-01-01 10:05:00+00',
   '00000000-0000-4000-8000-000000000014');
INSERT INTO message (id, session_id, parent_id, role, body, state, created_at, answer, rating, note) VALUES
  ('00000000-0000-4000-8000-000000000011', '00000000-0000-4000-8000-000000000001', '', 'human', 'Which?', 'complete',
   TIMESTAMP WITH TIME ZONE '2026-01-01 10:01:00+00', '', '', ''),
  ('00000000-0000-4000-8000-000000000012', '00000000-0000-4000-8000-000000000001',
   '00000000-0000-4000-8000-000000000011', 'ai', 'That one.', 'complete',
   TIMESTAMP WITH TIME ZONE '2026-01-01 10:01:00+00', '{"completionTokens":3}', 'up', 'good'),
  ('00000000-0000-4000-8000-000000000013', '00000000-0000-4000-8000-000000000001',
   '00000000-0000-4000-8000-000000000012', 'human', 'Why?', 'complete',
   TIMESTAMP WITH TIME ZONE '2026-01-01 10:05:00+00', '', '', ''),
  ('00000000-0000-4000-8000-000000000014', '00000000-0000-4000-8000-000000000001',
   '00000000-0000-4000-8000-000000000013', 'ai', 'Beca', 'answering',
   TIMESTAMP WITH TIME ZONE '2026-01-01 10:05:00+00', '', '', '');
INSERT INTO message_image VALUES
  ('00000000-0000-4000-8000-000000000011', 0, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO turn VALUES
  ('00000000-0000-4000-8000-000000000001', 'key', 'asked', '00000000-0000-4000-8000-000000000011',
   '00000000-0000-4000-8000-000000000012');
INSERT INTO stored_file VALUES
  ('file-1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'owl.png', 'vision',
   TIMESTAMP WITH TIME ZONE '2026-01-01 10:00:00+00');
