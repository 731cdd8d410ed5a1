-- Gives a process that was not in some groups what was kept for whoever was not heard: its members
-- may have been in them all along, and Redis have forgotten it. A part of other scripts.
--
-- inbox   the process's inbox
-- kept    group messages kept for whoever was not heard
-- fresh   the groups as keys of a table
-- oldest  milliseconds before which messages have expired
-- expiry  of a message in milliseconds

local function catch_up(inbox, kept, fresh, oldest, expiry)
    for _, entry in ipairs(redis.call('XRANGE', kept, oldest, '+')) do
        local operation, group, _, message = unpack(entry[2])
        if operation == 'g' and fresh[group] then
            redis.call('XADD', inbox, '*', 'g', group, 'm', message)
        elseif operation == 'x' then
            for name in pairs(fresh) do redis.call('XADD', inbox, '*', 'x', name, 'm', '') end
        end
    end
    redis.call('PEXPIRE', inbox, expiry)
end
