-- Names a kept message in the index by group: those of a group are neighbours there, in order. A part
-- of other scripts.
--
-- group  its name; none has a space
-- id     of the entry

local function kept_name(group, id)
    local ms, number = id:match('^(%d+)-(%d+)$')
    return string.format('%s %s-%08d', group, ms, number)
end
